#include "problems/neural/network.hpp"

#include <algorithm>
#include <utility>

#include "core/check.hpp"

namespace cohort {

namespace {

constexpr std::size_t most_tile_rows = 64;
constexpr std::size_t least_tile_rows = 16;
constexpr std::size_t tile_bytes = std::size_t{1} << 20;  // of all values: half of a usual L2

}  // namespace

template <class T>
Network<T>::Network(Layers layers) : layers_(std::move(layers)), place_{0}, offset_{0} {
  COHORT_CHECK(!layers_.empty(), "a network has layers");
  place_.push_back(layers_.front()->inputs());
  for (const auto& layer : layers_) {
    place_.push_back(place_.back() + layer->outputs());
    offset_.push_back(offset_.back() + layer->parameters());
  }
  while (layers_[first_trained_]->parameters() == 0) ++first_trained_;
  for (std::size_t i = first_trained_; i < layers_.size(); ++i) {
    widest_ = std::max(widest_, layers_[i]->outputs());
  }
  tile_rows_ = most_tile_rows;
  while (tile_rows_ > least_tile_rows && place_.back() * tile_rows_ * sizeof(T) > tile_bytes) {
    tile_rows_ /= 2;
  }
}

template <class T>
bool Network<T>::has_gram() const {
  return std::all_of(layers_.begin(), layers_.end(),
                     [](const auto& layer) { return layer->has_gram(); });
}

template <class T>
std::size_t Network<T>::Pass::size(const Network& network, Kind kind, std::size_t ld) {
  std::size_t features = network.place_.back();
  if (kind == Kind::tangent || kind == Kind::second) features += network.place_.back();
  if (kind == Kind::backward || kind == Kind::gram) features += 2 * network.widest_;
  if (kind == Kind::second) features += 4 * network.widest_;
  std::size_t room = 0;
  for (const auto& layer : network.layers_) {
    room = std::max(room, layer->room(ld));
    if (kind == Kind::gram) room = std::max(room, layer->gram_room(ld));
  }
  return features * ld + room;
}

template <class T>
Network<T>::Pass::Pass(const Network& network, Kind kind, std::size_t ld, std::span<T> memory)
    : network_(&network), ld_(ld) {
  COHORT_CHECK(memory.size() >= size(network, kind, ld), "the memory of a pass is large enough");
  const auto take = [&](std::size_t features) {
    T* taken = memory.data();
    memory = memory.subspan(features * ld);
    return taken;
  };
  values_ = take(network.place_.back());
  if (kind == Kind::tangent || kind == Kind::second) tangents_ = take(network.place_.back());
  if (kind == Kind::backward || kind == Kind::gram || kind == Kind::second) {
    for (T*& delta : delta_) delta = take(network.widest_);
  }
  if (kind == Kind::second) {
    for (T*& delta : delta_tangent_) delta = take(network.widest_);
  }
  room_ = memory;
  const std::size_t last = network.layers_.size();
  output_ = value(last);
  if (tangents_ != nullptr) output_tangent_ = tangent_at(last);
}

template <class T>
void Network<T>::Pass::forward(std::size_t rows, const T* w) {
  for (std::size_t i = 0; i < network_->layers_.size(); ++i) {
    T* out = values_ + network_->place_[i + 1] * ld_;
    network_->layers_[i]->forward({rows, ld_}, w + network_->offset_[i], value(i), out, room_);
  }
}

template <class T>
void Network<T>::Pass::tangent(std::size_t rows, const T* w, const T* v) {
  forward(rows, w);
  for (std::size_t i = 0; i < network_->layers_.size(); ++i) {
    T* out = tangents_ + (network_->place_[i + 1] - network_->place_[1]) * ld_;
    const std::size_t at = network_->offset_[i];
    network_->layers_[i]->tangent({rows, ld_}, {w + at, v + at}, {value(i), tangent_at(i)},
                                  value(i + 1), out, room_);
  }
}

template <class T>
template <class Body>
void Network<T>::Pass::each_backward(const Body& body) {
  std::size_t side = 0;
  for (std::size_t i = network_->layers_.size(); i-- > network_->first_trained_;) {
    body(i, Dual<T>{delta_[side], delta_tangent_[side]}, 1 - side);
    side = 1 - side;
  }
}

template <class T>
template <class Gradient>
void Network<T>::Pass::reverse(std::size_t rows, const T* w, const Gradient& gradient) {
  each_backward([&](std::size_t i, Dual<T> delta, std::size_t other) {
    const Layer<T>& layer = *network_->layers_[i];
    gradient(layer, i, delta.value);
    if (i == network_->first_trained_) return;
    layer.propagate({rows, ld_}, w + network_->offset_[i], value(i), value(i + 1), delta.value,
                    delta_[other], room_);
  });
}

template <class T>
void Network<T>::Pass::backward(std::size_t rows, const T* w, double* g, bool adds) {
  reverse(rows, w, [&](const Layer<T>& layer, std::size_t i, const T* delta) {
    layer.gradient({rows, ld_}, value(i), delta, g + network_->offset_[i], adds, room_);
  });
}

template <class T>
void Network<T>::Pass::add_gram(std::size_t rows, const T* w, double* out) {
  reverse(rows, w, [&](const Layer<T>& layer, std::size_t i, const T* delta) {
    layer.add_gram({rows, ld_}, value(i), delta, out, room_);
  });
}

template <class T>
void Network<T>::Pass::second(std::size_t rows, const T* w, const T* v, double* h, bool adds) {
  each_backward([&](std::size_t i, Dual<T> delta, std::size_t other) {
    const bool goes_on = i > network_->first_trained_;
    const std::size_t at = network_->offset_[i];
    network_->layers_[i]->second({rows, ld_}, {w + at, v + at}, {value(i), tangent_at(i)},
                                 {value(i + 1), tangent_at(i + 1)}, delta,
                                 goes_on ? delta_[other] : nullptr,
                                 goes_on ? delta_tangent_[other] : nullptr, h + at, adds, room_);
  });
}

template class Network<float>;
template class Network<double>;

}  // namespace cohort
