#include "fokker/core/io/hdf5.h"

#include <algorithm>

#include "fokker/core/io/file.h"
#include "fokker/core/io/hdf5_foreign.h"
#include "fokker/core/io/hdf5_internal.inc"

namespace fokker {
namespace {

constexpr std::size_t memory_increment = std::size_t{1} << 20;

/// Gives access to a file that lives in memory and never touches the disk.  HDF5 1.10 crashes the process after a
/// failed write to a full disk, and cannot replace a file as a whole.  The superblock is the oldest, because
/// H5Fget_file_image of 1.10 leaves a wrong checksum in newer ones.
Hdf5Handle memory_access() {
  Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  hdf5_check(H5Pset_fapl_core(access, memory_increment, false), "memory", "choosing the driver");
  hdf5_check(H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V110), "memory", "choosing the format");
  return access;
}

/// Times are left out, so that equal content gives equal bytes.  The order of creation is kept, as netCDF needs.
Hdf5Handle creation_list(hid_t kind) {
  Hdf5Handle list(H5Pcreate(kind), H5Pclose);
  constexpr unsigned order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
  hdf5_check(H5Pset_obj_track_times(list, false), "memory", "switching times off");
  if (kind != H5P_DATASET_CREATE) hdf5_check(H5Pset_link_creation_order(list, order), "memory", "keeping the order");
  hdf5_check(H5Pset_attr_creation_order(list, order), "memory", "keeping the order");
  return list;
}

/// The library takes two open files of one name for one file.
std::string unique_name() {
  static std::uint64_t count = 0;
  return fmt::format("fokker-memory-{}", count++);
}

std::pair<std::string, std::string> split_path(const std::string& path) {
  const auto slash = path.rfind('/');
  const bool good = slash == 0 || (slash != std::string::npos && path[0] == '/');
  require<ConfigError>(good && slash + 1 < path.size() && path.find("//") == std::string::npos,
                       "[hdf5] expected a path like /group/dataset, got \"{}\"", path);
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

Hdf5Handle make_space(const Shape& shape) {
  if (shape.rank() == 0) return {H5Screate(H5S_SCALAR), H5Sclose};
  std::vector<hsize_t> extents(shape.begin(), shape.end());
  return {H5Screate_simple(shape.rank(), extents.data(), nullptr), H5Sclose};
}

/// Values of one type in memory and in the file.
struct Block {
  const void* data;
  hid_t memory, stored;
  std::size_t count;
};

void write_block(hid_t file, const std::string& name, const std::string& path, const Block& block, const Shape& shape,
                 const std::vector<std::string>& axes) {
  const std::string place = hdf5_place(name, path);
  const auto [parent, leaf] = split_path(path);
  require<ShapeError>(static_cast<std::int64_t>(block.count) == shape.size(),
                      "[hdf5] {}: expected {} values for the shape {}, got {}", place, shape.size(), to_string(shape),
                      block.count);
  require<ShapeError>(axes.empty() || static_cast<int>(axes.size()) == shape.rank(),
                      "[hdf5] {}: expected a name for each axis of {}, got {}", place, to_string(shape), axes.size());
  require<ConfigError>(!hdf5_exists(file, path),
                       "[hdf5] {}: exists already; write a coordinate before the datasets that use it", place);
  const Hdf5Handle group = hdf5_make_group(file, name, parent);
  const Hdf5Handle space = make_space(shape), list = creation_list(H5P_DATASET_CREATE);
  const Hdf5Handle dataset(H5Dcreate2(group, leaf.c_str(), block.stored, space, H5P_DEFAULT, list, H5P_DEFAULT),
                           H5Dclose);
  hdf5_check(hid_t{dataset}, place, "making the dataset");
  if (block.count > 0)
    hdf5_check(H5Dwrite(dataset, block.memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, block.data), place, "writing");
  if (!axes.empty()) hdf5_name_axes(group, dataset, place, leaf, axes, shape);
}

}  // namespace

Hdf5File::Hdf5File() : state_(std::make_unique<State>()) {
  const Hdf5Session session;
  const Hdf5Handle creation = creation_list(H5P_FILE_CREATE), access = memory_access();
  state_->name = "new file";
  state_->file = {H5Fcreate(unique_name().c_str(), H5F_ACC_TRUNC, creation, access), H5Fclose};
  hdf5_check(hid_t{state_->file}, state_->name, "making the file");
}

Hdf5File::Hdf5File(std::unique_ptr<State> state) : state_(std::move(state)) {}
Hdf5File::Hdf5File(Hdf5File&&) noexcept = default;

Hdf5File& Hdf5File::operator=(Hdf5File&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

Hdf5File::~Hdf5File() {
  if (!state_) return;
  const Hdf5Session session;
  state_.reset();
}

Hdf5File Hdf5File::parse(std::span<const std::byte> bytes, const std::string& name) {
  const Hdf5Session session;
  const Hdf5Handle access = memory_access();
  require<ConfigError>(!bytes.empty(), "[hdf5] {}: expected an HDF5 file, got an empty one", name);
  // The library copies the image.
  hdf5_check(H5Pset_file_image(access, const_cast<std::byte*>(bytes.data()), bytes.size()), name, "reading");
  auto state = std::make_unique<State>();
  state->name = name;
  state->file = {H5Fopen(unique_name().c_str(), H5F_ACC_RDWR, access), H5Fclose};
  if (!state->file.valid()) {
    const std::string cause = hdf5_cause();
    if (cause.find("allocate memory") != std::string::npos) throw OutOfMemory("HDF5");
    throw ConfigError(
        fmt::format("[hdf5] {}: expected an HDF5 file, got {} bytes that are damaged or of another kind: {}", name,
                    bytes.size(), cause));
  }
  return Hdf5File(std::move(state));
}

Hdf5File Hdf5File::open(const std::filesystem::path& path) {
  const auto bytes = read_file(path);
  check_foreign(bytes, path.string());
  return parse(bytes, path.string());
}

std::vector<std::byte> Hdf5File::image() const {
  const Hdf5Session session;
  constexpr const char* action = "collecting the file";
  hdf5_check(H5Fflush(state_->file, H5F_SCOPE_GLOBAL), state_->name, action);
  const ssize_t size = hdf5_check(H5Fget_file_image(state_->file, nullptr, 0), state_->name, action);
  std::vector<std::byte> image(static_cast<std::size_t>(size));
  hdf5_check(H5Fget_file_image(state_->file, image.data(), image.size()), state_->name, action);
  return image;
}

void Hdf5File::save(const std::filesystem::path& path) const { write_file_atomically(path, image()); }

void Hdf5File::write(const std::string& path, const Tensor& values, const std::vector<std::string>& axes) {
  const Hdf5Session session;
  require<ShapeError>(values.defined(), "[hdf5] {}: expected a tensor, got none", path);
  const bool single = values.dtype() == Dtype::f32;
  const Block block{values.raw(), single ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE,
                    single ? H5T_IEEE_F32LE : H5T_IEEE_F64LE, static_cast<std::size_t>(values.size())};
  write_block(state_->file, state_->name, path, block, values.shape(), axes);
}

void Hdf5File::write(const std::string& path, std::span<const std::int64_t> values, const Shape& shape,
                     const std::vector<std::string>& axes) {
  const Hdf5Session session;
  const Block block{values.data(), H5T_NATIVE_INT64, H5T_STD_I64LE, values.size()};
  write_block(state_->file, state_->name, path, block, shape, axes);
}

void Hdf5File::write(const std::string& path, std::span<const std::uint8_t> values, const Shape& shape,
                     const std::vector<std::string>& axes) {
  const Hdf5Session session;
  const Block block{values.data(), H5T_NATIVE_UINT8, H5T_STD_U8LE, values.size()};
  write_block(state_->file, state_->name, path, block, shape, axes);
}

void Hdf5File::write_text(const std::string& path, std::string_view text) {
  const Hdf5Session session;
  require<ConfigError>(text.find('\0') == std::string_view::npos,
                       "[hdf5] {}: expected text without a zero byte, which HDF5 takes for the end", path);
  const std::string owned(text);
  const char* data = owned.c_str();
  const Hdf5Handle type = hdf5_text_type();
  write_block(state_->file, state_->name, path, {&data, type, type, 1}, {}, {});
}

}  // namespace fokker
