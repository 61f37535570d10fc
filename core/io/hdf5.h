#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fokker/core/base/tensor.h"

namespace fokker {

/// An attribute: 64-bit integer, double, text, or a list of doubles.
using Attribute = std::variant<std::int64_t, double, std::string, std::vector<double>>;

/// A results file, built in memory and put in place whole by `save` (write, fsync, rename): a reader, a full disk or a
/// kill -9 never meets half of it.  Paths are "/group/dataset"; groups are made on the way.  Throws IoError, and
/// ConfigError where a dataset is missing or of another type or shape than asked for.
class Hdf5File {
 public:
  /// An empty file in memory.
  Hdf5File();
  /// Reads `path` whole into memory, once a child process has read all of it and lived (hdf5_foreign.h).  ConfigError where
  /// it is not an HDF5 file or damaged.
  static Hdf5File open(const std::filesystem::path& path);
  /// The same from memory, as it is: `bytes` that Fokker has made, or in such a child; `name` is for messages.
  static Hdf5File parse(std::span<const std::byte> bytes, const std::string& name);
  Hdf5File(Hdf5File&&) noexcept;
  Hdf5File& operator=(Hdf5File&&) noexcept;
  ~Hdf5File();

  /// The bytes that `save` writes.
  std::vector<std::byte> image() const;
  /// Writes the file under `path`, replacing an older one atomically.
  void save(const std::filesystem::path& path) const;

  /// Names of the axes become dimension scales: an axis whose name is a 1-D dataset of the same group uses that one as
  /// its coordinate, another gets a scale without coordinates, so that h5py and xarray see the names.
  void write(const std::string& path, const Tensor& values, const std::vector<std::string>& axes = {});
  void write(const std::string& path, std::span<const std::int64_t> values, const Shape& shape,
             const std::vector<std::string>& axes = {});
  void write(const std::string& path, std::span<const std::uint8_t> values, const Shape& shape,
             const std::vector<std::string>& axes = {});
  /// A scalar text of any length.
  void write_text(const std::string& path, std::string_view text);
  /// On a group or dataset; "/" is the root.
  void set_attribute(const std::string& path, const std::string& name, const Attribute& value);

  /// Removes a dataset or a group with all that is in it, if it is there.
  void remove(const std::string& path);
  bool contains(const std::string& path) const;
  /// Names inside a group, in the order of creation.
  std::vector<std::string> list(const std::string& group) const;
  Shape shape(const std::string& path) const;
  bool is_dataset(const std::string& path) const;
  /// Any integer or floating dataset, as `dtype`; its first `rows` alone unless that is 0.  Throws ConfigError, before
  /// memory is asked for, where the values take more than `unpacked_limit` of what is stored, and for filters other than deflate,
  /// shuffle and Fletcher's checksum.
  Tensor read(const std::string& path, Dtype dtype = Dtype::f32, std::int64_t rows = 0) const;
  std::vector<std::int64_t> read_integers(const std::string& path) const;
  std::string read_text(const std::string& path) const;
  Attribute attribute(const std::string& path, const std::string& name) const;
  bool has_attribute(const std::string& path, const std::string& name) const;
  /// Names of the attributes of an object.
  std::vector<std::string> attributes(const std::string& path) const;

 private:
  struct State;
  explicit Hdf5File(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace fokker
