// What datasets of Hdf5File hold: shapes, numbers and text.

#include "fokker/core/base/memory.h"
#include "fokker/core/io/hdf5_internal.inc"

namespace fokker {
namespace {

Shape shape_of(hid_t dataset, const std::string& place) {
  const Hdf5Handle space(H5Dget_space(dataset), H5Sclose);
  const int rank = hdf5_check(H5Sget_simple_extent_ndims(space), place, "reading the shape");
  require<ConfigError>(rank <= Shape::max_rank, "[hdf5] {}: expected at most {} axes, got {}", place, Shape::max_rank,
                       rank);
  std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
  hdf5_check(H5Sget_simple_extent_dims(space, extents.data(), nullptr), place, "reading the shape");
  std::vector<std::int64_t> signed_extents;
  for (const hsize_t extent : extents) signed_extents.push_back(static_cast<std::int64_t>(extent));
  return Shape(signed_extents);
}

/// Refuses what a damaged or hostile file can do: sizes out of all proportion to the file, and filters of plugins.
void check_storage(hid_t dataset, std::uint64_t needed, const std::string& place) {
  const Hdf5Handle list(H5Dget_create_plist(dataset), H5Pclose);
  for (int i = 0; i < H5Pget_nfilters(list); ++i) {
    unsigned flags = 0, config = 0;
    std::size_t count = 0;
    const H5Z_filter_t filter =
        H5Pget_filter2(list, static_cast<unsigned>(i), &flags, &count, nullptr, 0, nullptr, &config);
    require<ConfigError>(
        filter == H5Z_FILTER_DEFLATE || filter == H5Z_FILTER_SHUFFLE || filter == H5Z_FILTER_FLETCHER32,
        "[hdf5] {}: expected deflate, shuffle or fletcher32, got the filter {}; h5repack can undo it", place,
        static_cast<int>(filter));
  }
  const std::uint64_t stored = H5Dget_storage_size(dataset);
  const bool chunked = H5Pget_layout(list) == H5D_CHUNKED;
  require<ConfigError>(needed <= unpacked_limit(stored) && (chunked || stored > 0 || needed == 0),
                       "[hdf5] {}: expected values of {}, the file stores {}; it is damaged, incomplete, or packed too "
                       "well: unpack it (h5repack -f NONE)",
                       place, size_text(needed), size_text(stored));
  require_memory(needed, place);
}

/// Whether a type is one of the machine's numbers, in any byte order; conversions of other types are little tested.
bool plain_number(hid_t type) {
  const std::size_t size = H5Tget_size(type);
  const H5T_order_t order = H5Tget_order(type);
  const bool whole = H5Tget_offset(type) == 0 && H5Tget_precision(type) == 8 * size;
  if (!whole || (order != H5T_ORDER_LE && order != H5T_ORDER_BE)) return false;
  if (H5Tget_class(type) == H5T_INTEGER) return size == 1 || size == 2 || size == 4 || size == 8;
  std::size_t sign = 0, exponent = 0, exponent_size = 0, mantissa = 0, mantissa_size = 0;
  if (H5Tget_fields(type, &sign, &exponent, &exponent_size, &mantissa, &mantissa_size) < 0) return false;
  const std::size_t expected = size == 2 ? 5 : size == 4 ? 8 : size == 8 ? 11 : 0;
  return expected > 0 && sign == 8 * size - 1 && mantissa == 0 && exponent == mantissa_size &&
         exponent_size == expected && mantissa_size == sign - expected &&
         H5Tget_ebias(type) == (std::size_t{1} << (expected - 1)) - 1;
}

const char* class_name(H5T_class_t kind) {
  switch (kind) {
    case H5T_INTEGER: return "integers";
    case H5T_FLOAT: return "floating-point numbers";
    case H5T_STRING: return "text";
    case H5T_COMPOUND: return "records";
    default: return "another type";
  }
}

/// A dataset of numbers, and its shape.
struct Numbers {
  Hdf5Handle dataset;
  Shape shape;
  H5T_class_t kind;
  std::string place;

  /// The first rows, or all, as values of `memory`.
  void read(hid_t memory, void* values, std::int64_t rows = 0) const {
    if (shape.size() == 0) return;
    const Hdf5Handle space(H5Dget_space(dataset), H5Sclose);
    std::vector<hsize_t> first(static_cast<std::size_t>(shape.rank())), count(shape.begin(), shape.end());
    if (rows > 0) {
      count[0] = static_cast<hsize_t>(rows);
      hdf5_check(H5Sselect_hyperslab(space, H5S_SELECT_SET, first.data(), nullptr, count.data(), nullptr), place,
                 "choosing rows");
    }
    const Hdf5Handle target(rows > 0 ? H5Screate_simple(shape.rank(), count.data(), nullptr) : H5Scopy(space),
                            H5Sclose);
    hdf5_check(H5Dread(dataset, memory, target, space, H5P_DEFAULT, values), place, "reading");
  }
};

/// `element`: bytes of a value in memory.
Numbers open_numbers(const Hdf5File& owner, hid_t file, const std::string& name, const std::string& path,
                     std::size_t element, std::int64_t rows = 0) {
  Numbers numbers{hdf5_open_dataset(owner, file, name, path), {}, H5T_NO_CLASS, hdf5_place(name, path)};
  const Hdf5Handle type(H5Dget_type(numbers.dataset), H5Tclose);
  numbers.kind = H5Tget_class(type);
  require<ConfigError>(numbers.kind == H5T_INTEGER || numbers.kind == H5T_FLOAT, "[hdf5] {}: expected numbers, got {}",
                       numbers.place, class_name(numbers.kind));
  require<ConfigError>(plain_number(type),
                       "[hdf5] {}: expected integers of 1, 2, 4 or 8 bytes or IEEE numbers of 2, 4 or 8, got others",
                       numbers.place);
  numbers.shape = shape_of(numbers.dataset, numbers.place);
  const std::int64_t all = numbers.shape.rank() > 0 ? numbers.shape[0] : 1;
  const std::int64_t taken = rows > 0 && rows < all ? rows : all;
  const auto count = static_cast<std::uint64_t>(all > 0 ? numbers.shape.size() / all * taken : 0);
  require<ConfigError>(count <= (std::uint64_t{1} << 60) / element, "[hdf5] {}: expected fewer than {} values",
                       numbers.place, count);
  check_storage(numbers.dataset, count * element, numbers.place);
  return numbers;
}

}  // namespace

Shape Hdf5File::shape(const std::string& path) const {
  const Hdf5Session session;
  return shape_of(hdf5_open_dataset(*this, state_->file, state_->name, path), hdf5_place(state_->name, path));
}

Tensor Hdf5File::read(const std::string& path, Dtype dtype, std::int64_t rows) const {
  const Hdf5Session session;
  const bool single = dtype == Dtype::f32;
  const Numbers numbers = open_numbers(*this, state_->file, state_->name, path, single ? 4 : 8, rows);
  const bool part = rows > 0 && numbers.shape.rank() > 0 && rows < numbers.shape[0];
  Tensor values = Tensor::empty(part ? with_extent(numbers.shape, 0, rows) : numbers.shape, dtype);
  numbers.read(single ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE, values.raw(), part ? rows : 0);
  return values;
}

std::vector<std::int64_t> Hdf5File::read_integers(const std::string& path) const {
  const Hdf5Session session;
  const Numbers numbers = open_numbers(*this, state_->file, state_->name, path, sizeof(std::int64_t));
  require<ConfigError>(numbers.kind == H5T_INTEGER, "[hdf5] {}: expected integers, got {}", numbers.place,
                       class_name(numbers.kind));
  std::vector<std::int64_t> values(static_cast<std::size_t>(numbers.shape.size()));
  numbers.read(H5T_NATIVE_INT64, values.data());
  return values;
}

std::string Hdf5File::read_text(const std::string& path) const {
  const Hdf5Session session;
  const std::string place = hdf5_place(state_->name, path);
  const Hdf5Handle dataset = hdf5_open_dataset(*this, state_->file, state_->name, path);
  const Hdf5Handle type(H5Dget_type(dataset), H5Tclose);
  const bool scalar = shape_of(dataset, place).size() == 1;
  require<ConfigError>(H5Tget_class(type) == H5T_STRING && scalar, "[hdf5] {}: expected one text, got {} of shape {}",
                       place, class_name(H5Tget_class(type)), to_string(shape_of(dataset, place)));
  return hdf5_read_text(type, place, [&](hid_t memory, void* data) {
    return H5Dread(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
  });
}

}  // namespace fokker
