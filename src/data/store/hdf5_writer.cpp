#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "hdf5_errors.h"
#include "hdf5_file.h"
#include "scar/core/cat.h"
#include "scar/core/error.h"

namespace scar::data {

namespace {

constexpr std::size_t kAlignedFrom = 1u << 16;  // large arrays begin on a page: they are read by pread, or mapped
constexpr std::size_t kPage = 4096;
constexpr std::size_t kGrowth = 1u << 20;

[[noreturn]] void fail(const std::string& name, const std::string& object) {
  throw Error(Code::write_failed, "HDF5 cannot write a file").at(cat(name, ": ", object)).got(hdf5_message());
}

hid_t checked(hid_t id, const std::string& name, const std::string& object) {
  if (id < 0) fail(name, object);
  return id;
}

void checked_call(herr_t result, const std::string& name, const std::string& object) {
  if (result < 0) fail(name, object);
}

}  // namespace

Hdf5Handle Hdf5Writer::access_list(const std::string& name) {
  silence_hdf5();
  return Hdf5Handle(checked(H5Pcreate(H5P_FILE_ACCESS), name, "access list"), H5Pclose);
}

void Hdf5Writer::create(const Hdf5Handle& access) {
  checked_call(H5Pset_libver_bounds(access.id(), H5F_LIBVER_V18, H5F_LIBVER_V18), name_, "version bounds");
  checked_call(H5Pset_alignment(access.id(), kAlignedFrom, kPage), name_, "alignment");
  const Hdf5Handle creation(checked(H5Pcreate(H5P_FILE_CREATE), name_, "creation list"), H5Pclose);
  checked_call(H5Pset_obj_track_times(creation.id(), 0), name_, "time stamps");
  checked_call(H5Pset_link_phase_change(creation.id(), 64, 32), name_, "links");  // all links in the root's header
  file_ =
      Hdf5Handle(checked(H5Fcreate(name_.c_str(), H5F_ACC_TRUNC, creation.id(), access.id()), name_, "file"), H5Fclose);
}

void Hdf5Writer::flush() { checked_call(H5Fflush(file_.id(), H5F_SCOPE_GLOBAL), name_, "flush"); }

Hdf5Image::Hdf5Image(const std::string& name) : Hdf5Writer(name), memory_(std::make_unique<Memory>()) {
  const auto access = access_list(name);
  checked_call(H5Pset_fapl_core(access.id(), kGrowth, 0), name, "driver");
  // H5Fget_file_image() would be the short way, but it gives a superblock whose checksum does not fit (1.10.8): it is
  // taken from a file that is still open for writing. So the memory is caught when HDF5 frees it, after closing the
  // file.
  H5FD_file_image_callbacks_t callbacks{};
  callbacks.image_malloc = [](std::size_t size, H5FD_file_image_op_t, void*) { return std::malloc(size); };
  callbacks.image_memcpy = [](void* to, const void* from, std::size_t size, H5FD_file_image_op_t, void*) {
    return std::memcpy(to, from, size);
  };
  callbacks.image_realloc = [](void* old, std::size_t size, H5FD_file_image_op_t, void* data) -> void* {
    auto& memory = *static_cast<Memory*>(data);
    auto* grown = static_cast<char*>(std::realloc(old, size));
    if (grown == nullptr) return nullptr;
    if (size > memory.size) std::memset(grown + memory.size, 0, size - memory.size);  // gaps are part of the bytes
    memory.size = size;
    return grown;
  };
  callbacks.image_free = [](void* image, H5FD_file_image_op_t, void* data) -> herr_t {
    auto& memory = *static_cast<Memory*>(data);
    try {
      memory.closed.assign(static_cast<const char*>(image), memory.size);
    } catch (const std::bad_alloc&) {
      memory.closed.clear();  // bytes() says so; nothing may be thrown through HDF5
    }
    std::free(image);
    return 0;
  };
  callbacks.udata_copy = [](void* data) { return data; };
  callbacks.udata_free = [](void*) -> herr_t { return 0; };
  callbacks.udata = memory_.get();
  checked_call(H5Pset_file_image_callbacks(access.id(), &callbacks), name, "memory");
  create(access);
}

void Hdf5Writer::group(const std::string& path) {
  const Hdf5Handle creation(checked(H5Pcreate(H5P_GROUP_CREATE), name_, path), H5Pclose);
  checked_call(H5Pset_obj_track_times(creation.id(), 0), name_, path);
  checked_call(H5Pset_link_phase_change(creation.id(), 64, 32), name_, path);
  const Hdf5Handle made(
      checked(H5Gcreate2(file_.id(), path.c_str(), H5P_DEFAULT, creation.id(), H5P_DEFAULT), name_, path), H5Gclose);
}

void Hdf5Writer::dataset(const std::string& path, const ArrayView& array) {
  std::vector<hsize_t> shape(array.shape.begin(), array.shape.end());
  const bool empty = std::find(shape.begin(), shape.end(), hsize_t{0}) != shape.end();
  const Hdf5Handle space(checked(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), name_, path),
                         H5Sclose);
  const Hdf5Handle creation(checked(H5Pcreate(H5P_DATASET_CREATE), name_, path), H5Pclose);
  checked_call(H5Pset_layout(creation.id(), H5D_CONTIGUOUS), name_, path);
  checked_call(H5Pset_alloc_time(creation.id(), H5D_ALLOC_TIME_EARLY), name_, path);
  checked_call(H5Pset_fill_time(creation.id(), H5D_FILL_TIME_NEVER), name_, path);
  checked_call(H5Pset_obj_track_times(creation.id(), 0), name_, path);
  const Hdf5Handle set(
      checked(H5Dcreate2(file_.id(), path.c_str(), array.type, space.id(), H5P_DEFAULT, creation.id(), H5P_DEFAULT),
              name_, path),
      H5Dclose);
  if (empty || array.data == nullptr) return;
  checked_call(H5Dwrite(set.id(), array.type, H5S_ALL, H5S_ALL, H5P_DEFAULT, array.data), name_, path);
}

void Hdf5Writer::put_attribute(const std::string& object, const std::string& name, hid_t type, hid_t space,
                               const void* data) {
  const Hdf5Handle owner(checked(H5Oopen(file_.id(), object.c_str(), H5P_DEFAULT), name_, object), H5Oclose);
  const Hdf5Handle attribute(
      checked(H5Acreate2(owner.id(), name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), name_, name), H5Aclose);
  checked_call(H5Awrite(attribute.id(), type, data), name_, name);
}

void Hdf5Writer::attribute(const std::string& object, const std::string& name, std::int64_t value) {
  const Hdf5Handle space(checked(H5Screate(H5S_SCALAR), name_, name), H5Sclose);
  put_attribute(object, name, H5T_STD_I64LE, space.id(), &value);
}

void Hdf5Writer::attribute(const std::string& object, const std::string& name, const std::string& value) {
  const Hdf5Handle space(checked(H5Screate(H5S_SCALAR), name_, name), H5Sclose);
  const Hdf5Handle type = text_type(std::max<std::size_t>(value.size(), 1));
  const std::string padded = value.empty() ? std::string(1, '\0') : value;
  put_attribute(object, name, type.id(), space.id(), padded.data());
}

void Hdf5Writer::attribute(const std::string& object, const std::string& name, const std::vector<std::string>& values) {
  std::size_t width = 1;
  for (const auto& value : values) width = std::max(width, value.size());
  std::string packed(width * values.size(), '\0');
  for (std::size_t i = 0; i < values.size(); ++i)
    std::copy(values[i].begin(), values[i].end(), packed.begin() + static_cast<std::ptrdiff_t>(i * width));
  const hsize_t count = values.size();
  const Hdf5Handle space(checked(H5Screate_simple(1, &count, nullptr), name_, name), H5Sclose);
  const Hdf5Handle type = text_type(width);
  put_attribute(object, name, type.id(), space.id(), packed.data());
}

std::string Hdf5Image::bytes() {
  flush();
  file_.reset();
  auto image = std::move(memory_->closed);
  // The memory is larger than the file. Where it ends says the superblock: version 2 has it at byte 28, little-endian.
  constexpr std::size_t kVersionAt = 8, kOffsetSizeAt = 9, kEndAt = 28;
  std::uint64_t end = 0;
  if (image.size() < kEndAt + sizeof end) throw Error(Code::out_of_memory, "no memory for a shard").at(name_);
  std::memcpy(&end, image.data() + kEndAt, sizeof end);
  if (image[kVersionAt] != 2 || image[kOffsetSizeAt] != sizeof end || end > image.size()) {
    throw Error(Code::internal, "HDF5 wrote another superblock than version 2").at(name_);
  }
  image.resize(end);
  return image;
}

Hdf5Frame::Hdf5Frame(const std::filesystem::path& path) : Hdf5Writer(path.string()) { create(access_list(name_)); }

std::uint64_t Hdf5Frame::offset(const std::string& path) const {
  const Hdf5Handle set(checked(H5Dopen2(file_.id(), path.c_str(), H5P_DEFAULT), name_, path), H5Dclose);
  const auto offset = H5Dget_offset(set.id());
  if (offset == HADDR_UNDEF) fail(name_, path);
  return offset;
}

void Hdf5Frame::close() {
  flush();
  file_.reset();
}

}  // namespace scar::data
