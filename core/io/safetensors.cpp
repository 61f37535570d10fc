#include "fokker/core/io/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "fokker/core/base/memory.h"
#include "fokker/core/base/out_of_memory.h"
#include "fokker/core/io/file.h"

namespace fokker {
namespace {

using Json = nlohmann::ordered_json;

// The JSON library needs memory also where it frees a long object, and ends the process where there is none.
constexpr const char* json_library = "the JSON library";

static_assert(std::endian::native == std::endian::little, "safetensors are little-endian, and are copied as they are");

constexpr std::uint64_t largest_header = 100'000'000;  // bytes, as in the reference implementation
constexpr const char* metadata_key = "__metadata__";

/// binary16 → binary32, exact.
float widen_half(std::uint16_t half) {
  const std::uint32_t sign = std::uint32_t{half & 0x8000u} << 16, exponent = half >> 10 & 31u, fraction = half & 1023u;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | fraction << 13);
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
  const float small = static_cast<float>(fraction) * 0x1p-24f;
  return sign ? -small : small;
}

float widen_bfloat(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

void widen(std::span<const std::byte> bytes, Tensor& out, float (*convert)(std::uint16_t)) {
  auto values = out.data<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint16_t bits;
    std::memcpy(&bits, bytes.data() + 2 * i, 2);
    values[i] = convert(bits);
  }
}

/// One tensor of the header.
struct Entry {
  std::string name, dtype;
  Shape shape;
  std::uint64_t begin = 0, end = 0;
};

std::uint64_t element_bytes(const std::string& dtype) {
  if (dtype == "F64") return 8;
  if (dtype == "F32") return 4;
  return dtype == "F16" || dtype == "BF16" ? 2 : 0;
}

class Reader {
 public:
  Reader(std::span<const std::byte> file, std::string name) : file_(file), name_(std::move(name)) {}

  SafeTensors read() {
    const Json header = parse_header();
    SafeTensors content;
    std::vector<Entry> entries;
    for (const auto& [key, value] : header.items()) {
      if (key == metadata_key)
        content.metadata = read_metadata(value);
      else
        entries.push_back(read_entry(key, value));
    }
    check_cover(entries);
    require_memory(2 * data_.size(), name_);
    for (const Entry& entry : entries) content.tensors.emplace_back(entry.name, load(entry));
    return content;
  }

 private:
  template <class... Args>
  void expect(bool condition, fmt::format_string<Args...> format, Args&&... args) const {
    if (!condition)
      throw ConfigError(fmt::format("[safetensors] {}: {}", name_, fmt::format(format, std::forward<Args>(args)...)));
  }

  Json parse_header() {
    expect(file_.size() >= 8, "expected a header of at least 8 bytes, the file has {}", file_.size());
    std::uint64_t length;
    std::memcpy(&length, file_.data(), 8);
    expect(length <= largest_header, "expected a header of at most {} bytes, got {}; not a safetensors file",
           largest_header, length);
    expect(length <= file_.size() - 8, "expected a header of {} bytes, the file ends after {}; it is truncated", length,
           file_.size() - 8);
    const std::string_view text(reinterpret_cast<const char*>(file_.data()) + 8, length);
    data_ = file_.subspan(8 + length);
    expect(text.starts_with('{'), "expected a header that begins with {{");
    return parse_json(text);
  }

  /// Reads JSON without duplicate keys, which parsers read differently, and no deeper than a header is.
  Json parse_json(std::string_view text) const {
    std::vector<std::set<std::string>> keys;
    std::string problem;
    const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
      if (depth > 8) problem = "nested too deep";
      if (event == Json::parse_event_t::object_start) keys.emplace_back();
      if (event == Json::parse_event_t::object_end) keys.pop_back();
      if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second)
        problem = fmt::format("the key {} stands twice", parsed.dump());
      return problem.empty();
    };
    Json header;
    try {
      header = Json::parse(text.begin(), text.end(), watch);
    } catch (const Json::exception& error) {
      problem = error.what();
    }
    expect(problem.empty() && header.is_object(), "expected a header in JSON: {}", problem);
    return header;
  }

  std::map<std::string, std::string> read_metadata(const Json& value) const {
    expect(value.is_object(), "{}: expected an object of texts", metadata_key);
    std::map<std::string, std::string> metadata;
    for (const auto& [key, text] : value.items()) {
      expect(text.is_string(), "{}.{}: expected a text", metadata_key, key);
      metadata[key] = text.get<std::string>();
    }
    return metadata;
  }

  Entry read_entry(const std::string& key, const Json& value) const {
    const bool complete = value.is_object() && value.size() == 3 && value.contains("dtype") &&
                          value.contains("shape") && value.contains("data_offsets");
    expect(complete, "{}: expected dtype, shape and data_offsets", key);
    expect(value["dtype"].is_string(), "{}: expected dtype as a text", key);
    Entry entry;
    entry.name = key;
    entry.dtype = value["dtype"].get<std::string>();
    const std::uint64_t element = element_bytes(entry.dtype);
    expect(element > 0, "{}: expected F64, F32, F16 or BF16, got {}", key, entry.dtype);
    const Json& offsets = value["data_offsets"];
    const bool pair =
        offsets.is_array() && offsets.size() == 2 && offsets[0].is_number_unsigned() && offsets[1].is_number_unsigned();
    expect(pair, "{}: expected data_offsets [begin, end]", key);
    entry.begin = offsets[0].get<std::uint64_t>();
    entry.end = offsets[1].get<std::uint64_t>();
    expect(entry.begin <= entry.end && entry.end <= data_.size(),
           "{}: expected offsets within the {} bytes of data, got [{}, {}]; the file is damaged or truncated", key,
           data_.size(), entry.begin, entry.end);
    entry.shape = read_shape(key, value["shape"], (entry.end - entry.begin) / element);
    expect(static_cast<std::uint64_t>(entry.shape.size()) * element == entry.end - entry.begin,
           "{}: expected {} bytes for the shape {} of {}, got {}", key,
           static_cast<std::uint64_t>(entry.shape.size()) * element, to_string(entry.shape), entry.dtype,
           entry.end - entry.begin);
    return entry;
  }

  /// Checked against the `held` elements before any product can overflow.
  Shape read_shape(const std::string& key, const Json& value, std::uint64_t held) const {
    expect(value.is_array() && value.size() <= Shape::max_rank, "{}: expected a shape of at most {} extents", key,
           Shape::max_rank);
    std::vector<std::int64_t> extents;
    bool empty = false;
    for (const Json& extent : value) {
      expect(extent.is_number_unsigned() && extent.get<std::uint64_t>() <= std::uint64_t{1} << 48,
             "{}: expected extents from 0 to 2^48, got {}", key, extent.dump());
      extents.push_back(extent.get<std::int64_t>());
      empty = empty || extents.back() == 0;
    }
    const std::uint64_t most = empty ? std::uint64_t{1} << 60 : held;
    std::uint64_t count = 1;
    for (const std::int64_t extent : extents) {
      const auto size = static_cast<std::uint64_t>(std::max<std::int64_t>(extent, 1));
      expect(count <= most / size, "{}: expected at most {} elements, got the shape {}", key, most, value.dump());
      count *= size;
    }
    return Shape(extents);
  }

  /// The tensors cover the data without holes or overlaps.
  void check_cover(const std::vector<Entry>& entries) const {
    std::vector<const Entry*> sorted;
    for (const Entry& entry : entries) sorted.push_back(&entry);
    std::sort(sorted.begin(), sorted.end(), [](const Entry* a, const Entry* b) {
      return a->begin != b->begin ? a->begin < b->begin : a->end < b->end;
    });
    std::uint64_t at = 0;
    for (const Entry* entry : sorted) {
      expect(entry->begin == at, "{}: expected data from byte {}, got {}; tensors overlap or leave a hole", entry->name,
             at, entry->begin);
      at = entry->end;
    }
    expect(at == data_.size(), "expected {} bytes of data, the file has {}", at, data_.size());
  }

  Tensor load(const Entry& entry) const {
    const auto bytes = data_.subspan(entry.begin, entry.end - entry.begin);
    Tensor out = Tensor::empty(entry.shape, entry.dtype == "F64" ? Dtype::f64 : Dtype::f32);
    if (entry.dtype == "F16")
      widen(bytes, out, widen_half);
    else if (entry.dtype == "BF16")
      widen(bytes, out, widen_bfloat);
    else if (!bytes.empty())
      std::memcpy(out.raw(), bytes.data(), bytes.size());
    return out;
  }

  std::span<const std::byte> file_, data_;
  std::string name_;
};

/// Returns where each tensor begins.  Tensors of f64 come first, so that every
/// element stands at a multiple of its size.
std::vector<std::uint64_t> place_tensors(const SafeTensors& content) {
  std::vector<std::uint64_t> begin(content.tensors.size());
  std::uint64_t at = 0;
  for (const Dtype dtype : {Dtype::f64, Dtype::f32})
    for (std::size_t i = 0; i < begin.size(); ++i) {
      const auto& [name, tensor] = content.tensors[i];
      require<ShapeError>(tensor.defined(), "[safetensors] {}: expected a tensor, got none", name);
      if (tensor.dtype() == dtype) begin[i] = std::exchange(at, at + static_cast<std::uint64_t>(tensor.bytes()));
    }
  return begin;
}

std::string make_header(const SafeTensors& content, const std::vector<std::uint64_t>& begin) {
  const LibraryCall call(json_library);
  Json header = Json::object();
  if (!content.metadata.empty()) header[metadata_key] = content.metadata;
  std::set<std::string> names{metadata_key};
  for (std::size_t i = 0; i < begin.size(); ++i) {
    const auto& [name, tensor] = content.tensors[i];
    require<ConfigError>(names.insert(name).second, "[safetensors] {}: expected each name once, and none {}", name,
                         metadata_key);
    header[name] = {{"dtype", tensor.dtype() == Dtype::f32 ? "F32" : "F64"},
                    {"shape", std::vector<std::int64_t>(tensor.shape().begin(), tensor.shape().end())},
                    {"data_offsets", {begin[i], begin[i] + static_cast<std::uint64_t>(tensor.bytes())}}};
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const Json::exception& error) {
    throw ConfigError(fmt::format("[safetensors] expected names and metadata in UTF-8: {}", error.what()));
  }
  text.append((8 - text.size() % 8) % 8, ' ');  // the data begin at a multiple of 8
  return text;
}

}  // namespace

SafeTensors parse_safetensors(std::span<const std::byte> bytes, const std::string& name) {
  const LibraryCall call(json_library);
  return Reader(bytes, name).read();
}

SafeTensors read_safetensors(const std::filesystem::path& path) {
  return parse_safetensors(read_file(path), path.string());
}

std::vector<std::byte> encode_safetensors(const SafeTensors& content) {
  const auto begin = place_tensors(content);
  const std::string header = make_header(content, begin);
  std::size_t size = 8 + header.size();
  for (const auto& [name, tensor] : content.tensors) size += static_cast<std::size_t>(tensor.bytes());
  std::vector<std::byte> bytes(size);
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  std::memcpy(bytes.data() + 8, header.data(), header.size());
  for (std::size_t i = 0; i < begin.size(); ++i) {
    const Tensor& tensor = content.tensors[i].second;
    std::byte* data = bytes.data() + 8 + header.size() + begin[i];
    if (tensor.bytes() > 0) std::memcpy(data, tensor.raw(), static_cast<std::size_t>(tensor.bytes()));
  }
  return bytes;
}

void write_safetensors(const std::filesystem::path& path, const SafeTensors& content) {
  write_file_atomically(path, encode_safetensors(content));
}

}  // namespace fokker
