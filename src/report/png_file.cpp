#include "png_file.h"

#include <csetjmp>

#include <png.h>

#include "scar/core/error.h"

namespace scar::report {

namespace {

/// What libpng hands over. An exception may not cross its C code: memory that is missing is told by png_error().
void append(png_structp png, png_bytep bytes, std::size_t count) {
  bool fits = true;
  try {
    static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(bytes), count);
  } catch (...) {
    fits = false;
  }
  if (!fits) png_error(png, "no memory");
}

void flush(png_structp) {}
void be_quiet(png_structp, png_const_charp) {}

/// False if libpng ran out of memory. No object with a destructor is made here: an error of libpng jumps out.
bool write(std::string& out, const std::uint8_t* rgb, std::int64_t width, std::int64_t height,
           std::uint32_t pixels_per_metre) {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, be_quiet);
  if (png == nullptr) return false;
  png_infop info = png_create_info_struct(png);
  if (info == nullptr || setjmp(png_jmpbuf(png)) != 0) {
    png_destroy_write_struct(&png, &info);
    return false;
  }
  png_set_write_fn(png, &out, append, flush);
  png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), 8, PNG_COLOR_TYPE_RGB,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_pHYs(png, info, pixels_per_metre, pixels_per_metre, PNG_RESOLUTION_METER);
  png_write_info(png, info);
  for (std::int64_t y = 0; y < height; ++y) png_write_row(png, rgb + y * width * 3);
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return true;
}

}  // namespace

std::string png_file(const std::uint8_t* rgb, std::int64_t width, std::int64_t height, std::uint32_t pixels_per_metre) {
  std::string out;
  if (!write(out, rgb, width, height, pixels_per_metre)) {
    throw Error(Code::out_of_memory, "not enough memory to write a PNG file").hint("a lower resolution needs less");
  }
  return out;
}

}  // namespace scar::report
