#include "core/payload.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>

#include "core/check.hpp"
#include "core/index_code.hpp"
#include "core/kernels.hpp"
#include "core/random.hpp"

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

constexpr std::uint64_t most_sparse_coordinates = std::uint64_t{1} << 32;  // indices are u32

std::uint64_t padded(std::uint64_t bytes, std::uint64_t to) { return (bytes + to - 1) / to * to; }

// Where what says the indices of a sparse block starts: behind the elements.
std::uint64_t index_offset(const Block& b) {
  return padded(b.count * element_size(b.element),
                is_encoded(b.form) ? sizeof(std::uint64_t) : sizeof(std::uint32_t));
}

std::uint64_t expected_size(const Block& b) {
  switch (b.form) {
    case Form::sparse:
    case Form::sparse_symmetric:
      return index_offset(b) + b.count * sizeof(std::uint32_t);
    case Form::sparse_coded:
      return coded_sparse_bytes(b.length, b.count, b.element);
    case Form::sparse_seeded:
      return seeded_sparse_bytes(b.count, b.element);
    default:
      return b.count * element_size(b.element);
  }
}

template <class T>
std::span<const T> behind_elements(const Block& b) {
  const std::size_t first = index_offset(b);
  return {reinterpret_cast<const T*>(b.data.data() + first), (b.data.size() - first) / sizeof(T)};
}

// None if the bytes of a sparse block, of the expected size, are no ascending indices.
std::optional<std::vector<std::uint32_t>> read_indices(const Block& b) {
  const std::uint64_t capacity = coordinates(b.form, b.length);
  if (b.form == Form::sparse_coded) {
    return decode_indices(behind_elements<std::uint64_t>(b), b.count, b.length);
  }
  if (b.form == Form::sparse_seeded) {
    return seeded_indices(behind_elements<std::uint64_t>(b)[0], b.count, b.length);
  }
  const auto stored = behind_elements<std::uint32_t>(b);
  for (std::size_t i = 0; i < stored.size(); ++i) {
    if (stored[i] >= capacity || (i > 0 && stored[i] <= stored[i - 1])) return std::nullopt;
  }
  return std::vector<std::uint32_t>(stored.begin(), stored.end());
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
    case Element::code:
      check_failed("real element", "a real block holds neither u64 nor codes");
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
    case Element::code: {
      const QuantizedReader reader({data, b.data.size()}, b.length);
      std::array<double, code_group> x;
      for (std::size_t first = 0; first < b.count; first += code_group) {
        const std::size_t n = reader.take(first / code_group, x);
        for (std::size_t i = 0; i < n; ++i) f(first + i, x[i]);
      }
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
    case Form::sparse_coded:
      return "sparse_coded";
    case Form::sparse_seeded:
      return "sparse_seeded";
    case Form::quantized:
      return "quantized";
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
    case Element::code:
      return "code";
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
    case Element::code:
      return 0;
  }
  return 0;
}

bool is_sparse(Form form) {
  return form == Form::sparse || form == Form::sparse_symmetric || form == Form::sparse_coded ||
         form == Form::sparse_seeded;
}

bool is_encoded(Form form) {
  return form == Form::sparse_coded || form == Form::sparse_seeded || form == Form::quantized;
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

std::vector<std::uint32_t> Block::indices() const {
  COHORT_CHECK(is_sparse(form), "indices() of a block that is not sparse");
  auto indices = read_indices(*this);
  COHORT_CHECK(indices.has_value(), "indices of a block that was formed here or validated");
  return *std::move(indices);
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
    case Element::bf16:
    case Element::code: {
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
  if (form > Form::quantized) {
    return fail("unknown form " + std::to_string(static_cast<int>(form)));
  }
  if (element > Element::code) {
    return fail("unknown element " + std::to_string(static_cast<int>(element)));
  }
  if ((element == Element::u64) != (form == Form::seed)) return fail("u64 is for seeds only");
  if ((element == Element::code) != (form == Form::quantized)) {
    return fail("codes are for quantized blocks only");
  }
  if (form == Form::quantized) {
    if (count != length) return fail("a code for each of " + std::to_string(length) + " numbers");
    const auto reader = QuantizedReader::checked({data.data(), data.size()}, count);
    if (!reader) return fail(reader.error().message);
    return {};
  }
  if (count > data.size()) {
    return fail("count " + std::to_string(count) + " exceeds the bytes received");
  }
  const bool symmetric = form == Form::packed_symmetric || form == Form::sparse_symmetric;
  if (symmetric && length > 0xffffffffU) return fail("side " + std::to_string(length));
  const std::uint64_t capacity = coordinates(form, length);
  if (is_encoded(form) && (count > length || length > most_sparse_coordinates)) {
    return fail(std::to_string(count) + " indices below " + std::to_string(length));
  }
  if (data.size() != expected_size(*this)) {
    return fail("expected " + std::to_string(expected_size(*this)) + " bytes, found " +
                std::to_string(data.size()));
  }
  if (!is_sparse(form)) {
    if (count == capacity) return {};
    return fail("expected " + std::to_string(capacity) + " elements, found " +
                std::to_string(count));
  }
  if (form != Form::sparse_seeded && !read_indices(*this)) {
    return fail("indices do not ascend below " + std::to_string(capacity));
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

Block coded_sparse_block(std::string name, std::uint64_t length,
                         std::span<const std::uint32_t> indices, std::span<const double> values,
                         Element element) {
  COHORT_CHECK(indices.size() == values.size(), "one index a value");
  Block b{std::move(name), Form::sparse_coded, element, length, values.size(), {}};
  b.data.resize(expected_size(b));
  std::byte* out = b.data.mutable_data();
  write_elements(values, element, out);
  const std::uint64_t words = index_code_words(b.count, length);
  encode_indices(indices, length, {reinterpret_cast<std::uint64_t*>(out + index_offset(b)), words});
  return b;
}

Block seeded_sparse_block(std::string name, std::uint64_t length, std::uint64_t seed,
                          std::span<const double> values, Element element) {
  Block b{std::move(name), Form::sparse_seeded, element, length, values.size(), {}};
  b.data.resize(expected_size(b));
  std::byte* out = b.data.mutable_data();
  write_elements(values, element, out);
  std::memcpy(out + index_offset(b), &seed, sizeof seed);
  return b;
}

std::vector<std::uint32_t> seeded_indices(std::uint64_t seed, std::uint64_t count,
                                          std::uint64_t length) {
  const auto chosen = sample_without_replacement(Stream(seed, Purpose::compressor), count, length);
  std::vector<std::uint32_t> indices(chosen.size());
  std::transform(chosen.begin(), chosen.end(), indices.begin(),
                 [](std::uint64_t i) { return static_cast<std::uint32_t>(i); });
  return indices;
}

std::uint64_t coded_sparse_bytes(std::uint64_t length, std::uint64_t count, Element element) {
  return padded(count * element_size(element), sizeof(std::uint64_t)) +
         index_code_words(count, length) * sizeof(std::uint64_t);
}

std::uint64_t seeded_sparse_bytes(std::uint64_t count, Element element) {
  return padded(count * element_size(element), sizeof(std::uint64_t)) + sizeof(std::uint64_t);
}

Block quantized_block(std::string name, std::uint64_t length, const Quantization& quantization) {
  return {std::move(name), Form::quantized, Element::code,
          length,          length,          Bytes(quantization.bytes(length))};
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
