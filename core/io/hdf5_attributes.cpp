// Attributes of Hdf5File.

#include "fokker/core/io/hdf5_internal.inc"

namespace fokker {
namespace {

Hdf5Handle open_attribute(hid_t object, const std::string& place, const std::string& name) {
  require<ConfigError>(H5Aexists(object, name.c_str()) > 0, "[hdf5] {}: has no attribute \"{}\"", place, name);
  Hdf5Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose);
  hdf5_check(hid_t{attribute}, place, "opening an attribute");
  return attribute;
}

void write_attribute(hid_t object, const std::string& place, const std::string& name, hid_t type, hid_t memory,
                     std::pair<const void*, std::int64_t> values) {
  const auto [data, count] = values;
  if (H5Aexists(object, name.c_str()) > 0) hdf5_check(H5Adelete(object, name.c_str()), place, "replacing an attribute");
  const auto extent = static_cast<hsize_t>(count);
  const Hdf5Handle space(count < 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &extent, nullptr), H5Sclose);
  const Hdf5Handle attribute(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  hdf5_check(hid_t{attribute}, place, "making an attribute");
  if (count != 0) hdf5_check(H5Awrite(attribute, memory, data), place, "writing an attribute");
}

}  // namespace

void Hdf5File::set_attribute(const std::string& path, const std::string& name, const Attribute& value) {
  const Hdf5Session session;
  const std::string place = hdf5_place(state_->name, path);
  if (!hdf5_exists(state_->file, path)) hdf5_make_group(state_->file, state_->name, path);
  const Hdf5Handle object(H5Oopen(state_->file, path.c_str(), H5P_DEFAULT), H5Oclose);
  hdf5_check(hid_t{object}, place, "opening");
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    write_attribute(object, place, name, H5T_STD_I64LE, H5T_NATIVE_INT64, {integer, -1});
  } else if (const auto* real = std::get_if<double>(&value)) {
    write_attribute(object, place, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, {real, -1});
  } else if (const auto* list = std::get_if<std::vector<double>>(&value)) {
    write_attribute(object, place, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE,
                    {list->data(), static_cast<std::int64_t>(list->size())});
  } else {
    const char* text = std::get<std::string>(value).c_str();
    const Hdf5Handle type = hdf5_text_type();
    write_attribute(object, place, name, type, type, {&text, -1});
  }
}

std::vector<std::string> Hdf5File::attributes(const std::string& path) const {
  const Hdf5Session session;
  const std::string place = hdf5_place(state_->name, path);
  const Hdf5Handle object(H5Oopen(state_->file, path.c_str(), H5P_DEFAULT), H5Oclose);
  hdf5_check(hid_t{object}, place, "opening");
  std::vector<std::string> names;
  const auto take = [](hid_t, const char* name, const H5A_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  hdf5_check(H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, take, &names), place, "listing attributes");
  return names;
}

bool Hdf5File::has_attribute(const std::string& path, const std::string& name) const {
  const Hdf5Session session;
  return hdf5_exists(state_->file, path) &&
         H5Aexists_by_name(state_->file, path.c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

Attribute Hdf5File::attribute(const std::string& path, const std::string& name) const {
  const Hdf5Session session;
  const std::string place = hdf5_place(state_->name, path);
  require<ConfigError>(hdf5_exists(state_->file, path), "[hdf5] {}: expected an object, there is none", place);
  const Hdf5Handle object(H5Oopen(state_->file, path.c_str(), H5P_DEFAULT), H5Oclose);
  const Hdf5Handle attribute = open_attribute(object, place, name);
  const Hdf5Handle type(H5Aget_type(attribute), H5Tclose), space(H5Aget_space(attribute), H5Sclose);
  const H5T_class_t kind = H5Tget_class(type);
  const bool scalar = H5Sget_simple_extent_type(space) == H5S_SCALAR;
  const hssize_t count = hdf5_check(H5Sget_simple_extent_npoints(space), place, "reading an attribute");
  const auto read = [&](hid_t memory, void* data) { return H5Aread(attribute, memory, data); };
  if (kind == H5T_STRING && count == 1) return hdf5_read_text(type, place, read);
  require<ConfigError>(kind == H5T_INTEGER || kind == H5T_FLOAT,
                       "[hdf5] {}: the attribute \"{}\" is neither a number, a text nor a list of numbers", place,
                       name);
  if (scalar && kind == H5T_INTEGER) {
    std::int64_t value = 0;
    hdf5_check(read(H5T_NATIVE_INT64, &value), place, "reading an attribute");
    return value;
  }
  std::vector<double> values(static_cast<std::size_t>(count));
  if (count > 0) hdf5_check(read(H5T_NATIVE_DOUBLE, values.data()), place, "reading an attribute");
  if (scalar) return values[0];
  return values;
}

}  // namespace fokker
