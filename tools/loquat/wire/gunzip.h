// gunzip.h - unpacks a gzip file as its bytes come.
//
//   Several   Parts that were packed one by one and joined are one file, as for gzip(1). What is no such part behind
//             them is ignored.
//   Bounds    A file that grows to more than 200 times its size, and to more than 64 MiB, is refused: captures do not
//             pack so well, and what reads them keeps them in memory. Source: RFC 1952, zlib.h.
#pragma once

#include <zlib.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace loquat::tool {

class Gunzip {
 public:
  Gunzip();
  ~Gunzip();
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  // Adds the next packed bytes; they must live until next() returns nothing.
  void feed(std::span<const std::byte> packed) noexcept;
  // Unpacked bytes, which live until the next call; nothing if more are needed. Throws std::runtime_error if the data
  // is damaged or grows too much.
  std::span<const std::byte> next();
  bool has_more() const noexcept { return stream_.avail_in > 0 && !foreign_; }
  // Whether what was fed ends where a packed file may end.
  bool finished() const noexcept { return finished_; }

 private:
  bool begin_part();

  z_stream stream_{};
  bool finished_ = false, foreign_ = false;
  std::uint64_t taken_ = 0, given_ = 0;
  std::array<std::byte, 64 * 1024> out_{};
};

}  // namespace loquat::tool
