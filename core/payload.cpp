#include "core/payload.hpp"

#include <bit>
#include <cstring>

#include "core/check.hpp"
#include "core/kernels.hpp"

namespace cohort {

namespace {

// Round to nearest, ties to even; a NaN stays a NaN.
std::uint16_t to_bf16(double x) {
  const float f = static_cast<float>(x);
  std::uint32_t bits = std::bit_cast<std::uint32_t>(f);
  if (f != f) return static_cast<std::uint16_t>((bits >> 16) | 0x40);
  bits += 0x7fffU + ((bits >> 16) & 1U);
  return static_cast<std::uint16_t>(bits >> 16);
}
double from_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

bool is_sparse(Form form) { return form == Form::sparse || form == Form::sparse_symmetric; }

// Where the indices of a sparse block start: behind the elements, at a multiple of their own size.
std::size_t index_offset(const Block& b) {
  constexpr std::size_t size = sizeof(std::uint32_t);
  return (b.count * element_size(b.element) + size - 1) / size * size;
}

std::size_t expected_size(const Block& b) {
  if (is_sparse(b.form)) return index_offset(b) + b.count * sizeof(std::uint32_t);
  return b.count * element_size(b.element);
}

void write_elements(std::span<const double> x, Element element, std::byte* out) {
  switch (element) {
    case Element::f64:
      if (!x.empty()) std::memcpy(out, x.data(), x.size_bytes());
      return;
    case Element::f32: {
      auto* to = reinterpret_cast<float*>(out);
      for (std::size_t i = 0; i < x.size(); ++i) to[i] = static_cast<float>(x[i]);
      return;
    }
    case Element::bf16: {
      auto* to = reinterpret_cast<std::uint16_t*>(out);
      for (std::size_t i = 0; i < x.size(); ++i) to[i] = to_bf16(x[i]);
      return;
    }
    case Element::u64:
      check_failed("real element", "a real block cannot hold u64");
  }
}

// Calls f(position in the block, value) for every stored element.
template <class F>
void each_element(const Block& b, F f) {
  const std::byte* data = b.data.data();
  switch (b.element) {
    case Element::f64: {
      const auto* x = reinterpret_cast<const double*>(data);
      for (std::size_t i = 0; i < b.count; ++i) f(i, x[i]);
      return;
    }
    case Element::f32: {
      const auto* x = reinterpret_cast<const float*>(data);
      for (std::size_t i = 0; i < b.count; ++i) f(i, static_cast<double>(x[i]));
      return;
    }
    case Element::bf16: {
      const auto* x = reinterpret_cast<const std::uint16_t*>(data);
      for (std::size_t i = 0; i < b.count; ++i) f(i, from_bf16(x[i]));
      return;
    }
    case Element::u64:
      check_failed("real element", "a seed block holds no real numbers");
  }
}

}  // namespace

std::string_view to_string(Form form) {
  switch (form) {
    case Form::dense:
      return "dense";
    case Form::sparse:
      return "sparse";
    case Form::packed_symmetric:
      return "packed_symmetric";
    case Form::sparse_symmetric:
      return "sparse_symmetric";
    case Form::scalars:
      return "scalars";
    case Form::seed:
      return "seed";
  }
  return "?";
}

std::string_view to_string(Element element) {
  switch (element) {
    case Element::f64:
      return "f64";
    case Element::f32:
      return "f32";
    case Element::bf16:
      return "bf16";
    case Element::u64:
      return "u64";
  }
  return "?";
}

std::size_t element_size(Element element) {
  switch (element) {
    case Element::f64:
      return 8;
    case Element::f32:
      return 4;
    case Element::bf16:
      return 2;
    case Element::u64:
      return 8;
  }
  return 0;
}

std::size_t coordinates(Form form, std::size_t length) {
  const bool symmetric = form == Form::packed_symmetric || form == Form::sparse_symmetric;
  return symmetric ? length * (length + 1) / 2 : length;
}

std::span<const double> Block::doubles() const {
  COHORT_CHECK(element == Element::f64 && !is_sparse(form), "doubles() of another element");
  return data.as<double>();
}

std::span<double> Block::mutable_doubles() {
  COHORT_CHECK(element == Element::f64 && !is_sparse(form), "doubles() of another element");
  return data.as_mutable<double>();
}

std::span<const std::uint32_t> Block::indices() const {
  COHORT_CHECK(is_sparse(form), "indices() of a block that is not sparse");
  const std::byte* first = data.data() + index_offset(*this);
  return {reinterpret_cast<const std::uint32_t*>(first), count};
}

Vec Block::to_vec() const {
  Vec x = Vec::Zero(static_cast<Index>(coordinates(form, length)));
  add_to(1.0, as_mutable_span(x));
  return x;
}

void Block::add_to(double a, std::span<double> out) const {
  COHORT_CHECK(out.size() == coordinates(form, length), "add_to() of another length");
  if (is_sparse(form)) {
    const auto index = indices();
    each_element(*this, [&](std::size_t i, double v) { out[index[i]] += a * v; });
  } else {
    each_element(*this, [&](std::size_t i, double v) { out[i] += a * v; });
  }
}

void Block::copy_elements(std::span<double> out) const {
  COHORT_CHECK(out.size() == count, "copy_elements() of another count");
  each_element(*this, [&](std::size_t i, double v) { out[i] = v; });
}

double Block::squared_norm() const {
  switch (element) {
    case Element::f64:
      return kernels::squared_norm({reinterpret_cast<const double*>(data.data()), count});
    case Element::f32:
      return kernels::squared_norm(std::span(reinterpret_cast<const float*>(data.data()), count));
    case Element::bf16: {
      double total = 0;
      each_element(*this, [&](std::size_t, double v) { total += v * v; });
      return total;
    }
    case Element::u64:
      return 0;
  }
  return 0;
}

Result<void> Block::validate() const {
  const auto fail = [&](const std::string& what) -> Result<void> {
    return bad_input("block '" + name + "' (" + std::string(to_string(form)) + "): " + what);
  };
  if (form > Form::seed) return fail("unknown form " + std::to_string(static_cast<int>(form)));
  if (element > Element::u64) {
    return fail("unknown element " + std::to_string(static_cast<int>(element)));
  }
  if ((element == Element::u64) != (form == Form::seed)) return fail("u64 is for seeds only");
  if (count > data.size()) {
    return fail("count " + std::to_string(count) + " exceeds the bytes received");
  }
  if (data.size() != expected_size(*this)) {
    return fail("expected " + std::to_string(expected_size(*this)) + " bytes, found " +
                std::to_string(data.size()));
  }
  const bool symmetric = form == Form::packed_symmetric || form == Form::sparse_symmetric;
  if (symmetric && length > 0xffffffffU) return fail("side " + std::to_string(length));
  const std::uint64_t capacity = coordinates(form, length);
  if (!is_sparse(form)) {
    if (count == capacity) return {};
    return fail("expected " + std::to_string(capacity) + " elements, found " +
                std::to_string(count));
  }
  const auto index = indices();
  for (std::size_t i = 0; i < count; ++i) {
    if (index[i] >= capacity || (i > 0 && index[i] <= index[i - 1])) {
      return fail("index " + std::to_string(index[i]) + " at position " + std::to_string(i) +
                  " does not ascend below " + std::to_string(capacity));
    }
  }
  return {};
}

Block dense_block(std::string name, std::span<const double> x, Element element) {
  Block b{std::move(name), Form::dense, element, x.size(), x.size(), {}};
  b.data.resize(x.size() * element_size(element));
  write_elements(x, element, b.data.mutable_data());
  return b;
}

Block scalars_block(std::string name, std::span<const double> x) {
  Block b = dense_block(std::move(name), x);
  b.form = Form::scalars;
  return b;
}

Block seed_block(std::string name, std::uint64_t seed) {
  Block b{std::move(name), Form::seed, Element::u64, 1, 1, Bytes(sizeof seed)};
  std::memcpy(b.data.mutable_data(), &seed, sizeof seed);
  return b;
}

Block sparse_block(std::string name, std::uint64_t length, std::span<const std::uint32_t> indices,
                   std::span<const double> values, Element element) {
  COHORT_CHECK(indices.size() == values.size(), "one index a value");
  Block b{std::move(name), Form::sparse, element, length, values.size(), {}};
  b.data.resize(expected_size(b));
  std::byte* out = b.data.mutable_data();
  write_elements(values, element, out);
  if (!indices.empty()) {
    std::memcpy(out + index_offset(b), indices.data(), indices.size_bytes());
  }
  return b;
}

Block sparse_symmetric_block(std::string name, std::uint64_t side,
                             std::span<const std::uint32_t> indices,
                             std::span<const double> values) {
  Block b = sparse_block(std::move(name), side, indices, values);
  b.form = Form::sparse_symmetric;
  return b;
}

const Block* Payload::find(std::string_view name) const {
  for (const Block& b : blocks) {
    if (b.name == name) return &b;
  }
  return nullptr;
}

const Block& Payload::at(std::string_view name) const {
  const Block* b = find(name);
  if (b == nullptr) check_failed("block is present", std::string(name));
  return *b;
}

std::uint64_t Payload::encoded_size() const {
  std::uint64_t n = 0;
  for (const Block& b : blocks) n += b.encoded_size();
  return n;
}

}  // namespace cohort
