#include "gunzip.h"

#include <new>
#include <stdexcept>

namespace loquat::tool {
namespace {

constexpr int gzip_format = 15 + 16;  // the largest window, and gzip's header
constexpr std::uint64_t always_allowed = 64 << 20, most_growth = 200;

}  // namespace

Gunzip::Gunzip() {
  if (inflateInit2(&stream_, gzip_format) != Z_OK) throw std::bad_alloc();
}

Gunzip::~Gunzip() { inflateEnd(&stream_); }

void Gunzip::feed(std::span<const std::byte> packed) noexcept {
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));  // zlib does not write there
  stream_.avail_in = static_cast<uInt>(packed.size());
  taken_ += packed.size();
}

// Whether there is something to be unpacked.
bool Gunzip::begin_part() {
  if (stream_.avail_in == 0 || foreign_) return false;
  if (!finished_) return true;
  constexpr Bytef first_of_gzip = 0x1f;
  foreign_ = *stream_.next_in != first_of_gzip;
  if (foreign_ || inflateReset(&stream_) != Z_OK) return false;
  finished_ = false;
  return true;
}

std::span<const std::byte> Gunzip::next() {
  while (begin_part()) {
    stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
    stream_.avail_out = static_cast<uInt>(out_.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END) throw std::runtime_error("the gzip data is damaged");
    finished_ = result == Z_STREAM_END;
    const std::size_t size = out_.size() - stream_.avail_out;
    given_ += size;
    if (given_ > always_allowed && given_ / most_growth > taken_)
      throw std::runtime_error("unpacking makes it more than 200 times as large; gunzip it first if you trust it");
    if (size > 0) return std::span(out_).first(size);
  }
  return {};
}

}  // namespace loquat::tool
