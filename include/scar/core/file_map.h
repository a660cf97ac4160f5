#pragma once

#include <cstddef>

namespace scar {

/// A file's bytes in the address space, to be copied out. Nothing that becomes of the file ends the process: where it was
/// cut short meanwhile, or its device fails, copy() gives zeros. So a map is for data that carries a checksum, and what
/// the matter is has to be asked of the file itself, by a read.
///
/// The system tells of such a page by SIGBUS. The first map installs a handler, which minds only addresses that copy()
/// is reading on the same thread and leaves every other SIGBUS to the handler that was there before. A program that
/// installs one of its own later has to pass such signals on.
class FileMap {
 public:
  FileMap() = default;
  /// Maps the file as long as it is now. mapped() is false if it is empty, or if the system does not map it.
  explicit FileMap(int descriptor);
  ~FileMap();
  FileMap(FileMap&& other) noexcept;
  FileMap& operator=(FileMap&& other) noexcept;

  [[nodiscard]] bool mapped() const { return bytes_ > 0; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// offset + count <= bytes(). May be called from several threads at once.
  void copy(std::size_t offset, std::size_t count, void* out) const;
  /// Asks the processor for bytes that copy() will want next; never fails, whatever became of the file.
  void expect(std::size_t offset, std::size_t count) const;

 private:
  char* base_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace scar
