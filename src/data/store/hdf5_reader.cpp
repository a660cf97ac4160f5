#include <algorithm>

#include "hdf5_errors.h"
#include "hdf5_file.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::data {

namespace {

constexpr std::size_t kLongestText = 1u << 16;  // bytes of one text in an attribute
constexpr hsize_t kMostTexts = 1u << 16;

}  // namespace

Hdf5Reader::Hdf5Reader(std::filesystem::path path) : path_(std::move(path)) {
  silence_hdf5();
  std::error_code error;
  file_bytes_ = std::filesystem::file_size(path_, error);
  if (error) throw Error(Code::data_missing, cat("cannot read the shard: ", error.message())).at(path_.string());
  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  // Shards never change once they have their name, and read-only network file systems have no locks.
  H5Pset_file_locking(access.id(), 0, 1);
  file_ = Hdf5Handle(H5Fopen(path_.c_str(), H5F_ACC_RDONLY, access.id()), H5Fclose);
  if (!file_.valid()) fail("not a whole HDF5 file", "");
}

void Hdf5Reader::fail(const std::string& what, const std::string& object) const {
  const auto message = hdf5_message();
  H5Eclear2(H5E_DEFAULT);
  throw Error(Code::shard_invalid, cat("shard is damaged: ", what))
      .at(object.empty() ? path_.string() : cat(path_.string(), ": ", object))
      .got(message)
      .hint("copy or prepare the store again; scar-prepare verify names every damaged shard");
}

bool Hdf5Reader::exists(const std::string& path) const {
  for (auto slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {  // each folder of the path first
    const auto part = path.substr(0, slash);
    const auto found = H5Lexists(file_.id(), part.c_str(), H5P_DEFAULT);
    if (found < 0) fail("a link cannot be read", part);
    if (found == 0) return false;
    // A soft link may lead round in circles, an external one to any file of the machine.
    H5L_info_t link;
    if (H5Lget_info(file_.id(), part.c_str(), &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD)
      fail("an object of the shard is a link to another place", part);
    if (slash == std::string::npos) return true;
  }
}

Hdf5Handle Hdf5Reader::open_dataset(const std::string& path) const {
  if (!exists(path)) fail("a dataset is missing", path);
  Hdf5Handle set(H5Dopen2(file_.id(), path.c_str(), H5P_DEFAULT), H5Dclose);
  if (!set.valid()) fail("a dataset cannot be opened", path);
  // Before anything is asked of it: a virtual dataset has its elements in other files, and looks there for its shape.
  const Hdf5Handle creation(H5Dget_create_plist(set.id()), H5Pclose);
  if (H5Pget_layout(creation.id()) != H5D_CONTIGUOUS || H5Pget_nfilters(creation.id()) != 0 ||
      H5Pget_external_count(creation.id()) != 0) {
    fail("a dataset is not contiguous", path);
  }
  return set;
}

Hdf5Handle Hdf5Reader::open_attribute(const std::string& object, const std::string& name) const {
  if (object != "/" && !exists(object)) fail("a dataset is missing", object);
  Hdf5Handle attribute(H5Aopen_by_name(file_.id(), object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  if (!attribute.valid()) fail("an attribute is missing", cat(object, ":", name));
  return attribute;
}

std::int64_t Hdf5Reader::integer(const std::string& name) const {
  const auto attribute = open_attribute("/", name);
  const Hdf5Handle type(H5Aget_type(attribute.id()), H5Tclose);
  const Hdf5Handle space(H5Aget_space(attribute.id()), H5Sclose);
  std::int64_t value = 0;
  if (H5Tequal(type.id(), H5T_STD_I64LE) <= 0 || H5Sget_simple_extent_npoints(space.id()) != 1 ||
      H5Aread(attribute.id(), H5T_STD_I64LE, &value) < 0) {
    fail("an attribute is not one integer", name);
  }
  return value;
}

std::vector<std::string> Hdf5Reader::texts(const std::string& object, const std::string& name) const {
  const auto attribute = open_attribute(object, name);
  const Hdf5Handle type(H5Aget_type(attribute.id()), H5Tclose);
  const Hdf5Handle space(H5Aget_space(attribute.id()), H5Sclose);
  const auto width = H5Tget_size(type.id());
  const auto count = H5Sget_simple_extent_npoints(space.id());
  if (H5Tget_class(type.id()) != H5T_STRING || H5Tis_variable_str(type.id()) != 0 || width == 0 ||
      width > kLongestText || count < 0 || static_cast<hsize_t>(count) > kMostTexts ||
      width * static_cast<std::size_t>(count) > file_bytes_) {
    fail("an attribute is not text of fixed length", cat(object, ":", name));
  }
  std::string packed(width * static_cast<std::size_t>(count), '\0');
  if (count > 0 && H5Aread(attribute.id(), type.id(), packed.data()) < 0)
    fail("an attribute cannot be read", cat(object, ":", name));
  std::vector<std::string> values;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    auto value = packed.substr(i * width, width);
    value.resize(std::min(value.size(), value.find('\0')));
    values.push_back(std::move(value));
  }
  return values;
}

std::string Hdf5Reader::text(const std::string& name) const {
  auto values = texts("/", name);
  if (values.size() != 1) fail("an attribute is not one text", name);
  return values.front();
}

std::uint64_t Hdf5Reader::length(const std::string& path) const {
  const auto set = open_dataset(path);
  const Hdf5Handle space(H5Dget_space(set.id()), H5Sclose);
  hsize_t extent = 0;
  if (H5Sget_simple_extent_ndims(space.id()) != 1 || H5Sget_simple_extent_dims(space.id(), &extent, nullptr) != 1 ||
      extent > file_bytes_) {
    fail("a dataset has another shape than it should", path);
  }
  return extent;
}

std::uint64_t Hdf5Reader::contiguous_offset(const std::string& path, hid_t type,
                                            const std::vector<std::uint64_t>& shape) const {
  const auto set = open_dataset(path);
  const Hdf5Handle stored(H5Dget_type(set.id()), H5Tclose);
  const Hdf5Handle space(H5Dget_space(set.id()), H5Sclose);
  if (H5Tequal(stored.id(), type) <= 0) fail("a dataset has another type than it should", path);
  std::vector<hsize_t> extent(shape.size());
  if (H5Sget_simple_extent_ndims(space.id()) != static_cast<int>(shape.size()) ||
      H5Sget_simple_extent_dims(space.id(), extent.data(), nullptr) < 0 ||
      !std::equal(extent.begin(), extent.end(), shape.begin())) {
    fail("a dataset has another shape than it should", path);
  }
  std::uint64_t bytes = H5Tget_size(stored.id());
  for (const auto n : shape) {
    if (n != 0 && bytes > file_bytes_ / n) fail("a dataset is larger than the file", path);  // n = 0: nothing is stored
    bytes *= n;
  }
  if (bytes == 0) return 0;
  const auto offset = H5Dget_offset(set.id());
  if (offset == HADDR_UNDEF || offset > file_bytes_ || bytes > file_bytes_ - offset)
    fail("a dataset lies outside of the file", path);
  return offset;
}

void Hdf5Reader::read_into(const std::string& path, hid_t type, void* out) const {
  const auto set = open_dataset(path);
  if (H5Dread(set.id(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) < 0) fail("a dataset cannot be read", path);
}

}  // namespace scar::data
