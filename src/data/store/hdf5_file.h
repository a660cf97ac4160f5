#pragma once

#include <hdf5.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace scar::data {

/// An HDF5 identifier that is closed when it goes. HDF5 is for this folder alone, and for one thread at a time: it has
/// one global lock inside.
class Hdf5Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Hdf5Handle() = default;
  Hdf5Handle(hid_t id, Close close) : id_(id), close_(close) {}
  ~Hdf5Handle() { reset(); }
  Hdf5Handle(Hdf5Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Hdf5Handle& operator=(Hdf5Handle&& other) noexcept {
    if (this != &other) {
      reset();
      id_ = std::exchange(other.id_, -1);
      close_ = other.close_;
    }
    return *this;
  }
  [[nodiscard]] hid_t id() const { return id_; }
  [[nodiscard]] bool valid() const { return id_ >= 0; }
  void reset() {
    if (id_ >= 0) close_(id_);
    id_ = -1;
  }

 private:
  hid_t id_ = -1;
  Close close_ = nullptr;
};

/// A one- to three-dimensional array in memory, as it goes into a dataset. Element types are the little-endian ones.
struct ArrayView {
  const void* data = nullptr;
  hid_t type = -1;
  std::vector<std::uint64_t> shape;
};

/// An HDF5 file under construction. Nothing in its bytes depends on the time or the place: the bounds of the format are
/// fixed, no object has time stamps, every dataset is contiguous and whole.
class Hdf5Writer {
 public:
  void group(const std::string& path);
  /// Without data the dataset gets its place in the file and no values.
  void dataset(const std::string& path, const ArrayView& array);
  void attribute(const std::string& object, const std::string& name, std::int64_t value);
  void attribute(const std::string& object, const std::string& name, const std::string& value);
  void attribute(const std::string& object, const std::string& name, const std::vector<std::string>& values);

 protected:
  explicit Hdf5Writer(std::string name) : name_(std::move(name)) {}
  /// `access` says where the bytes go.
  void create(const Hdf5Handle& access);
  void flush();
  [[nodiscard]] static Hdf5Handle access_list(const std::string& name);

  std::string name_;
  Hdf5Handle file_;

 private:
  void put_attribute(const std::string& object, const std::string& name, hid_t type, hid_t space, const void* data);
};

/// A shard under construction, in memory: a full disk then meets our own writer, which can say so, and not HDF5, which
/// then cannot even close its file.
class Hdf5Image : public Hdf5Writer {
 public:
  explicit Hdf5Image(const std::string& name);
  ~Hdf5Image() { file_.reset(); }  // before the memory that it is in
  Hdf5Image(const Hdf5Image&) = delete;
  Hdf5Image& operator=(const Hdf5Image&) = delete;
  /// Closes it; the bytes of the file.
  std::string bytes();

 private:
  /// Memory of the file, which HDF5 fills and, once it has closed the file, hands over.
  struct Memory {
    std::size_t size = 0;
    std::string closed;
  };
  std::unique_ptr<Memory> memory_;  // HDF5 holds its address
};

/// The frame of a file on disk whose large datasets are written past HDF5, so that they need not be in memory.
class Hdf5Frame : public Hdf5Writer {
 public:
  explicit Hdf5Frame(const std::filesystem::path& path);
  /// Where the values of a dataset without data belong: byte in the file.
  [[nodiscard]] std::uint64_t offset(const std::string& path) const;
  void close();
};

/// A shard that is read. Each failure, HDF5's own included, is Error(shard_invalid) with the file and the dataset.
class Hdf5Reader {
 public:
  explicit Hdf5Reader(std::filesystem::path path);

  [[nodiscard]] std::uint64_t file_bytes() const { return file_bytes_; }
  [[nodiscard]] bool exists(const std::string& path) const;
  [[nodiscard]] std::int64_t integer(const std::string& name) const;  // attributes of the root
  [[nodiscard]] std::string text(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> texts(const std::string& object, const std::string& name) const;

  /// Type, rank, shape and contiguous layout as wanted, and inside the file; the offset of its first byte (0 if empty).
  [[nodiscard]] std::uint64_t contiguous_offset(const std::string& path, hid_t type,
                                                const std::vector<std::uint64_t>& shape) const;
  template <class T>
  [[nodiscard]] std::vector<T> read(const std::string& path, hid_t type,
                                    const std::vector<std::uint64_t>& shape) const {
    static_cast<void>(contiguous_offset(path, type, shape));
    std::uint64_t n = 1;
    for (const auto extent : shape) n *= extent;
    std::vector<T> values(n);
    if (n > 0) read_into(path, type, values.data());
    return values;
  }
  /// Length of a one-dimensional dataset, at most as many elements as the file has bytes.
  [[nodiscard]] std::uint64_t length(const std::string& path) const;

 private:
  [[nodiscard]] Hdf5Handle open_dataset(const std::string& path) const;
  [[nodiscard]] Hdf5Handle open_attribute(const std::string& object, const std::string& name) const;
  void read_into(const std::string& path, hid_t type, void* out) const;
  [[noreturn]] void fail(const std::string& what, const std::string& object) const;
  std::filesystem::path path_;
  std::uint64_t file_bytes_ = 0;
  Hdf5Handle file_;
};

}  // namespace scar::data
