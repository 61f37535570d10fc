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

/// The value of an attribute: a 64-bit integer, a double, a text, or a list of doubles.
using Attribute = std::variant<std::int64_t, double, std::string, std::vector<double>>;

/// A results file, built in memory and put in place whole by `save` (write, fsync, rename).  A reader therefore never
/// meets half a file, also after a full disk or a kill -9.  Paths are "/group/dataset"; groups are made on the way.
/// Functions throw IoError, and ConfigError where a dataset is missing or of another type or shape than asked for.
class Hdf5File {
 public:
  /// Makes an empty file in memory.
  Hdf5File();
  /// Reads `path` whole into memory, once a child process has read all of it and lived (hdf5_foreign.h).  Throws
  /// ConfigError where the file is damaged or no HDF5 file.
  static Hdf5File open(const std::filesystem::path& path);
  /// Reads a file from memory, without a child process: `bytes` come from Fokker, or the caller is such a child.
  /// Messages call the file `name`.
  static Hdf5File parse(std::span<const std::byte> bytes, const std::string& name);
  Hdf5File(Hdf5File&&) noexcept;
  Hdf5File& operator=(Hdf5File&&) noexcept;
  ~Hdf5File();

  /// Returns the bytes that `save` writes.
  std::vector<std::byte> image() const;
  /// Writes the file to `path` and replaces an older one atomically.
  void save(const std::filesystem::path& path) const;

  /// Writes a dataset.  The names of its axes become dimension scales, so that h5py and xarray see them.  An axis named
  /// like a 1-D dataset of the group has that dataset for its coordinate; any other gets a scale without coordinates.
  void write(const std::string& path, const Tensor& values, const std::vector<std::string>& axes = {});
  void write(const std::string& path, std::span<const std::int64_t> values, const Shape& shape,
             const std::vector<std::string>& axes = {});
  void write(const std::string& path, std::span<const std::uint8_t> values, const Shape& shape,
             const std::vector<std::string>& axes = {});
  /// Writes a scalar text of any length.
  void write_text(const std::string& path, std::string_view text);
  /// Sets an attribute of a group or dataset; "/" is the root group.
  void set_attribute(const std::string& path, const std::string& name, const Attribute& value);

  /// Removes a dataset, or a group with everything in it, where it exists.
  void remove(const std::string& path);
  bool contains(const std::string& path) const;
  /// Returns the names inside a group, in the order of creation.
  std::vector<std::string> list(const std::string& group) const;
  Shape shape(const std::string& path) const;
  bool is_dataset(const std::string& path) const;
  /// Reads any integer or floating-point dataset as `dtype`, or only its first `rows` unless that is 0.  Throws
  /// ConfigError for filters other than deflate, shuffle and Fletcher's checksum.  Throws ConfigError also where the
  /// values take more than `unpacked_limit` of what is stored, before it asks for their memory.
  Tensor read(const std::string& path, Dtype dtype = Dtype::f32, std::int64_t rows = 0) const;
  std::vector<std::int64_t> read_integers(const std::string& path) const;
  std::string read_text(const std::string& path) const;
  Attribute attribute(const std::string& path, const std::string& name) const;
  bool has_attribute(const std::string& path, const std::string& name) const;
  /// Returns the names of the attributes of an object.
  std::vector<std::string> attributes(const std::string& path) const;

 private:
  struct State;
  explicit Hdf5File(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace fokker
