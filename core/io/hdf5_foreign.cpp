#include "fokker/core/io/hdf5_foreign.h"

#include <cstring>

#include "fokker/core/base/error.h"
#include "fokker/core/base/memory.h"
#include "fokker/core/io/limited_child.h"

namespace fokker {
namespace {

constexpr int deepest_group = 32;
constexpr std::int64_t most_objects = 100'000;

ChildLimits limits_for(std::size_t size) {
  constexpr double seconds = 3, bytes_a_second = 20e6;
  constexpr std::uint64_t memory = std::uint64_t{1} << 28;
  return {memory + 2 * size + unpacked_limit(size), seconds + static_cast<double>(size) / bytes_a_second};
}

// --- content as bytes: all numbers as 64 bits, texts and lists behind their length ----------------------------------

class Packer {
 public:
  void number(std::int64_t value) { raw(&value, sizeof value); }
  void real(double value) { raw(&value, sizeof value); }
  void text(const std::string& value) {
    number(std::ssize(value));
    raw(value.data(), value.size());
  }
  void tensor(const Tensor& value) {
    number(value.dtype() == Dtype::f32 ? 0 : 1);
    number(value.rank());
    for (const std::int64_t extent : value.shape()) number(extent);
    raw(value.raw(), static_cast<std::size_t>(value.bytes()));
  }
  void attribute(const Attribute& value) {
    number(static_cast<std::int64_t>(value.index()));
    if (const auto* integer = std::get_if<std::int64_t>(&value)) number(*integer);
    if (const auto* one = std::get_if<double>(&value)) real(*one);
    if (const auto* words = std::get_if<std::string>(&value)) text(*words);
    if (const auto* list = std::get_if<std::vector<double>>(&value)) {
      number(std::ssize(*list));
      for (const double item : *list) real(item);
    }
  }

  std::vector<std::byte> bytes = {};

 private:
  void raw(const void* data, std::size_t size) {
    const auto* first = static_cast<const std::byte*>(data);
    bytes.insert(bytes.end(), first, first + size);
  }
};

/// Reads the answer of a child and believes nothing, since a child whose
/// memory the file has spoiled may write anything.
class Unpacker {
 public:
  Unpacker(std::span<const std::byte> bytes, std::string name) : rest_(bytes), name_(std::move(name)) {}

  std::int64_t number() {
    std::int64_t value = 0;
    raw(&value, sizeof value);
    return value;
  }
  double real() {
    double value = 0;
    raw(&value, sizeof value);
    return value;
  }
  std::int64_t length(std::size_t element) {
    const std::int64_t value = number();
    expect(value >= 0 && static_cast<std::uint64_t>(value) <= rest_.size() / element);
    return value;
  }
  std::string text() {
    std::string value(static_cast<std::size_t>(length(1)), '\0');
    raw(value.data(), value.size());
    return value;
  }
  Tensor tensor() {
    const Dtype dtype = number() == 0 ? Dtype::f32 : Dtype::f64;
    const std::int64_t rank = number();
    expect(rank >= 0 && rank <= Shape::max_rank);
    std::vector<std::int64_t> extents;
    std::uint64_t left = rest_.size();
    for (std::int64_t i = 0; i < rank; ++i) {
      extents.push_back(number());
      expect(extents.back() >= 0 && static_cast<std::uint64_t>(extents.back()) <= std::max<std::uint64_t>(left, 1));
      left /= std::max<std::uint64_t>(static_cast<std::uint64_t>(extents.back()), 1);
    }
    Tensor value = Tensor::empty(Shape(extents), dtype);
    raw(value.raw(), static_cast<std::size_t>(value.bytes()));
    return value;
  }
  Attribute attribute() {
    switch (number()) {
      case 0: return number();
      case 1: return real();
      case 2: return text();
      default: break;
    }
    std::vector<double> list(static_cast<std::size_t>(length(sizeof(double))));
    for (double& item : list) item = real();
    return list;
  }

 private:
  void expect(bool good) const {
    require<IoError>(good, "[hdf5] {}: the process that reads it answers nonsense; the file is damaged", name_);
  }
  void raw(void* data, std::size_t size) {
    expect(size <= rest_.size());
    if (size > 0) std::memcpy(data, rest_.data(), size);
    rest_ = rest_.subspan(size);
  }

  std::span<const std::byte> rest_;
  std::string name_;
};

std::vector<std::byte> pack(const Hdf5Content& content) {
  Packer packer;
  packer.number(std::ssize(content.tensors));
  for (const auto& [name, tensor] : content.tensors) {
    packer.text(name);
    packer.tensor(tensor);
  }
  packer.number(std::ssize(content.attributes));
  for (const auto& [name, attribute] : content.attributes) {
    packer.text(name);
    packer.attribute(attribute);
  }
  return std::move(packer.bytes);
}

Hdf5Content unpack(std::span<const std::byte> bytes, const std::string& name) {
  Unpacker unpacker(bytes, name);
  Hdf5Content content;
  for (std::int64_t left = unpacker.length(1); left > 0; --left) {
    const std::string key = unpacker.text();
    content.tensors[key] = unpacker.tensor();
  }
  for (std::int64_t left = unpacker.length(1); left > 0; --left) {
    const std::string key = unpacker.text();
    content.attributes[key] = unpacker.attribute();
  }
  return content;
}

// --- a walk through a file ------------------------------------------------------------------------------------------

template <class F>
void attempt(F&& read) {
  try {
    read();
  } catch (const Error&) {  // the error is of this object alone
  }
}

/// Reads what is under `path`: text, numbers and attributes.
void visit(const Hdf5File& file, const std::string& path, int depth, std::int64_t& objects) {
  require<ConfigError>(depth <= deepest_group && ++objects <= most_objects,
                       "[hdf5] expected at most {} objects, in groups {} deep", most_objects, deepest_group);
  for (const std::string& name : file.attributes(path)) attempt([&] { file.attribute(path, name); });
  if (file.is_dataset(path)) {
    attempt([&] { file.read(path); });
    attempt([&] { file.read_text(path); });
    return;
  }
  std::vector<std::string> names;
  attempt([&] { names = file.list(path); });
  for (const std::string& name : names) {
    const std::string inner = (path == "/" ? "" : path) + "/" + name;
    if (file.contains(inner)) visit(file, inner, depth + 1, objects);
  }
}

}  // namespace

Hdf5Content read_foreign(std::span<const std::byte> bytes, const std::string& name,
                         const std::function<Hdf5Content(const Hdf5File&)>& read) {
  const auto work = [&] { return pack(read(Hdf5File::parse(bytes, name))); };
  return unpack(run_limited("[hdf5] " + name, limits_for(bytes.size()), &hdf5_fork, work), name);
}

void check_foreign(std::span<const std::byte> bytes, const std::string& name) {
  const auto walk = [](const Hdf5File& file) {
    std::int64_t objects = 0;
    visit(file, "/", 0, objects);
    return Hdf5Content{};
  };
  read_foreign(bytes, name, walk);
}

}  // namespace fokker
