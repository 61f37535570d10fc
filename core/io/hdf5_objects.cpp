// Groups and named axes of Hdf5File.

#include <hdf5.h>
#include <hdf5_hl.h>

#include <unistd.h>

#include <cstring>
#include <new>

#include "fokker/core/io/hdf5_foreign.h"
#include "fokker/core/io/hdf5_internal.inc"

namespace fokker {
namespace {

// What netCDF calls a scale without values [netcdf4]; xarray hides these.
constexpr const char* bare_scale_name = "This is a netCDF dimension but not a netCDF variable.";

std::recursive_mutex& library_mutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

/// "/a/b" → "/a", "/a/b"; the root has none.
std::vector<std::string> prefixes(const std::string& path) {
  std::vector<std::string> out;
  for (std::size_t end = path.find('/', 1); path.size() > 1; end = path.find('/', end + 1)) {
    out.push_back(path.substr(0, end));
    if (end == std::string::npos) break;
  }
  return out;
}

H5I_type_t kind_of(hid_t file, const std::string& path) {
  const Hdf5Handle object(H5Oopen(file, path.c_str(), H5P_DEFAULT), H5Oclose);
  return object.valid() ? H5Iget_type(object) : H5I_BADID;
}

const char* kind_name(H5I_type_t kind) {
  return kind == H5I_GROUP ? "a group" : kind == H5I_DATASET ? "a dataset" : "another object";
}

std::vector<std::string> names_in(hid_t group, const std::string& place) {
  H5G_info_t info;
  hdf5_check(H5Gget_info(group, &info), place, "listing");
  const Hdf5Handle list(H5Gget_create_plist(group), H5Pclose);
  unsigned order = 0;
  H5Pget_link_creation_order(list, &order);
  const H5_index_t index = order & H5P_CRT_ORDER_TRACKED ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
  std::vector<std::string> names;
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    H5L_info_t link;
    hdf5_check(H5Lget_info_by_idx(group, ".", index, H5_ITER_INC, i, &link, H5P_DEFAULT), place, "listing");
    if (link.type != H5L_TYPE_HARD) continue;  // those to other files are not followed
    const ssize_t size = H5Lget_name_by_idx(group, ".", index, H5_ITER_INC, i, nullptr, 0, H5P_DEFAULT);
    std::string name(static_cast<std::size_t>(hdf5_check(size, place, "listing")) + 1, '\0');
    hdf5_check(H5Lget_name_by_idx(group, ".", index, H5_ITER_INC, i, name.data(), name.size(), H5P_DEFAULT), place,
               "listing");
    name.pop_back();
    names.push_back(std::move(name));
  }
  return names;
}

/// The scale `axis` of `group`, made without values where there is no dataset of that name.
Hdf5Handle open_scale(hid_t group, const std::string& place, const std::string& axis, std::int64_t extent) {
  const auto size = static_cast<hsize_t>(extent);
  if (H5Lexists(group, axis.c_str(), H5P_DEFAULT) > 0) {
    Hdf5Handle scale(H5Dopen2(group, axis.c_str(), H5P_DEFAULT), H5Dclose);
    require<ConfigError>(scale.valid(), "[hdf5] {}: the axis {} has the name of a group", place, axis);
    const Hdf5Handle space(H5Dget_space(scale), H5Sclose);
    hsize_t found[H5S_MAX_RANK] = {};
    const bool fits = H5Sget_simple_extent_ndims(space) == 1 && H5Sget_simple_extent_dims(space, found, nullptr) == 1;
    require<ShapeError>(fits && found[0] == size,
                        "[hdf5] {}: the axis {} has {} values, its coordinate in this group {}", place, axis, extent,
                        found[0]);
    if (H5DSis_scale(scale) <= 0) hdf5_check(H5DSset_scale(scale, axis.c_str()), place, "naming an axis");
    return scale;
  }
  const Hdf5Handle space(H5Screate_simple(1, &size, nullptr), H5Sclose), list(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(list, false);
  H5Pset_attr_creation_order(list, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  Hdf5Handle scale(H5Dcreate2(group, axis.c_str(), H5T_IEEE_F32BE, space, H5P_DEFAULT, list, H5P_DEFAULT), H5Dclose);
  hdf5_check(hid_t{scale}, place, "naming an axis");
  const std::string text = fmt::format("{}{:10}", bare_scale_name, extent);
  hdf5_check(H5DSset_scale(scale, text.c_str()), place, "naming an axis");
  return scale;
}

}  // namespace

Hdf5Session::Hdf5Session() : lock_(library_mutex()) {
  H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

Hdf5Session::~Hdf5Session() {
  H5Eclear2(H5E_DEFAULT);
  H5Eset_auto2(H5E_DEFAULT, function_, data_);
}

std::string hdf5_cause() {
  std::string text = "unknown cause";
  const auto take_last = [](unsigned, const H5E_error2_t* error, void* out) -> herr_t {
    if (error->desc) *static_cast<std::string*>(out) = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, take_last, &text);
  return text;
}

Hdf5Handle hdf5_text_type() {
  Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

bool hdf5_exists(hid_t file, const std::string& path) {
  if (path.empty() || path[0] != '/') return false;
  for (const std::string& part : prefixes(path)) {
    H5L_info_t info;
    // Links to other files are as good as missing: a file from elsewhere must not read files of ours.
    if (H5Lexists(file, part.c_str(), H5P_DEFAULT) <= 0 || H5Lget_info(file, part.c_str(), &info, H5P_DEFAULT) < 0 ||
        info.type != H5L_TYPE_HARD)
      return false;
  }
  return true;
}

Hdf5Handle hdf5_open_dataset(const Hdf5File& owner, hid_t file, const std::string& name, const std::string& path) {
  if (!hdf5_exists(file, path)) {
    const auto slash = path.rfind('/');
    const std::string parent = slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
    std::string there = "that group does not exist";
    if (hdf5_exists(file, parent) && kind_of(file, parent) == H5I_GROUP)
      there = fmt::format("{} holds: {}", parent, fmt::join(owner.list(parent), ", "));
    throw ConfigError(fmt::format("[hdf5] {}: expected a dataset {}; {}", name, path, there));
  }
  const H5I_type_t kind = kind_of(file, path);
  require<ConfigError>(kind == H5I_DATASET, "[hdf5] {}: expected a dataset, got {}", hdf5_place(name, path),
                       kind_name(kind));
  Hdf5Handle dataset(H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose);
  hdf5_check(hid_t{dataset}, hdf5_place(name, path), "opening the dataset");
  hdf5_require_inside(dataset, hdf5_place(name, path));
  return dataset;
}

void hdf5_require_inside(hid_t dataset, const std::string& place) {
  const Hdf5Handle list(H5Dget_create_plist(dataset), H5Pclose);
  const H5D_layout_t layout = H5Pget_layout(list);
  require<ConfigError>(layout != H5D_VIRTUAL && layout != H5D_LAYOUT_ERROR && H5Pget_external_count(list) == 0,
                       "[hdf5] {}: expected values inside the file, got a reference to another file", place);
}

pid_t hdf5_fork() {
  std::recursive_mutex& mutex = library_mutex();
  mutex.lock();  // no other thread is inside the library meanwhile
  const pid_t child = ::fork();
  if (child == 0)
    new (&mutex) std::recursive_mutex;  // the mutex's owner would be a thread of the parent
  else
    mutex.unlock();
  return child;
}

Hdf5Handle hdf5_make_group(hid_t file, const std::string& name, const std::string& path) {
  constexpr unsigned order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
  const Hdf5Handle list(H5Pcreate(H5P_GROUP_CREATE), H5Pclose);
  H5Pset_obj_track_times(list, false);
  H5Pset_link_creation_order(list, order);
  H5Pset_attr_creation_order(list, order);
  for (const std::string& part : prefixes(path)) {
    if (hdf5_exists(file, part)) continue;
    const Hdf5Handle made(H5Gcreate2(file, part.c_str(), H5P_DEFAULT, list, H5P_DEFAULT), H5Gclose);
    hdf5_check(hid_t{made}, hdf5_place(name, part), "making the group");
  }
  Hdf5Handle group(H5Gopen2(file, path.c_str(), H5P_DEFAULT), H5Gclose);
  require<ConfigError>(group.valid(), "[hdf5] {}: expected a group, got a dataset", hdf5_place(name, path));
  return group;
}

bool hdf5_is_bare_scale(hid_t group, const char* name) {
  const Hdf5Handle dataset(H5Dopen2(group, name, H5P_DEFAULT), H5Dclose);
  if (!dataset.valid() || H5DSis_scale(dataset) <= 0) return false;
  char label[80] = {};
  return H5DSget_scale_name(dataset, label, sizeof label - 1) > 0 &&
         std::strncmp(label, bare_scale_name, std::strlen(bare_scale_name)) == 0;
}

void hdf5_name_axes(hid_t group, hid_t dataset, const std::string& place, const std::string& leaf,
                    const std::vector<std::string>& axes, const Shape& shape) {
  if (axes.size() == 1 && axes[0] == leaf) {  // a coordinate is its own scale
    hdf5_check(H5DSset_scale(dataset, leaf.c_str()), place, "naming an axis");
    return;
  }
  for (std::size_t i = 0; i < axes.size(); ++i) {
    require<ConfigError>(axes[i] != leaf && !axes[i].empty() && axes[i].find('/') == std::string::npos,
                         "[hdf5] {}: expected another name for axis {}, got \"{}\"", place, i, axes[i]);
    const Hdf5Handle scale = open_scale(group, place, axes[i], shape[static_cast<int>(i)]);
    hdf5_check(H5DSattach_scale(dataset, scale, static_cast<unsigned>(i)), place, "naming an axis");
  }
}

bool Hdf5File::contains(const std::string& path) const {
  const Hdf5Session session;
  return hdf5_exists(state_->file, path);
}

void Hdf5File::remove(const std::string& path) {
  const Hdf5Session session;
  if (!hdf5_exists(state_->file, path)) return;
  require<IoError>(H5Ldelete(state_->file, path.c_str(), H5P_DEFAULT) >= 0, "[hdf5] {}: cannot be removed",
                   hdf5_place(state_->name, path));
}

std::vector<std::string> Hdf5File::list(const std::string& path) const {
  const Hdf5Session session;
  const std::string place = hdf5_place(state_->name, path);
  require<ConfigError>(hdf5_exists(state_->file, path), "[hdf5] {}: expected a group, there is none", place);
  const Hdf5Handle group(H5Gopen2(state_->file, path.c_str(), H5P_DEFAULT), H5Gclose);
  require<ConfigError>(group.valid(), "[hdf5] {}: expected a group, got a dataset", place);
  std::vector<std::string> names;
  for (std::string& name : names_in(group, place))
    if (!hdf5_is_bare_scale(group, name.c_str())) names.push_back(std::move(name));
  return names;
}

bool Hdf5File::is_dataset(const std::string& path) const {
  const Hdf5Session session;
  return path != "/" && hdf5_exists(state_->file, path) && kind_of(state_->file, path) == H5I_DATASET;
}

}  // namespace fokker
