// input.h - a capture file, or a pipe that brings one as it grows; packed with gzip or not.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "gunzip.h"
#include "loquat/time.h"

namespace loquat::tool {

class WireInput {
 public:
  // "-" is standard input. Throws std::runtime_error if it cannot be read or is a terminal.
  explicit WireInput(const std::string& path);
  ~WireInput();
  WireInput(const WireInput&) = delete;
  WireInput& operator=(const WireInput&) = delete;

  // For messages: the path, or "standard input".
  const std::string& name() const noexcept { return name_; }
  std::string base_name() const { return name_.substr(name_.find_last_of('/') + 1); }
  // The next bytes, unpacked, which live until the next call; none at the end. Says on standard error if packed data
  // ends too early. Throws std::runtime_error.
  std::span<const std::byte> read();
  // True if nothing comes within `time`, neither bytes nor the end: the writer is slow.
  bool pauses(Duration time) const;

 private:
  std::span<const std::byte> read_raw();
  std::span<const std::byte> unpack();
  [[noreturn]] void fail() const;

  std::string name_;
  int descriptor_ = 0;
  bool begun_ = false;
  std::unique_ptr<Gunzip> gunzip_;  // if it is packed
  std::array<std::byte, 64 * 1024> buffer_{};
};

}  // namespace loquat::tool
