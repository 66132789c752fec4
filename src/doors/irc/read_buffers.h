// read_buffers.h - buffers to read into, held only while what was read is being dealt with.
//
//   ReadBuffer buffer;
//   const std::size_t size = socket.recv_into(buffer.room());
//
//   Threads   A buffer is used on the worker that took it; each worker keeps a few for the next.
//
// Layer: doors (docs/layers.txt).
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace loquat::doors {

class ReadBuffer {
 public:
  ReadBuffer() {
    if (spare().empty()) {
      bytes_ = std::make_unique<char[]>(size);
    } else {
      bytes_ = std::move(spare().back());
      spare().pop_back();
    }
  }
  ~ReadBuffer() {
    if (spare().size() < max_spare) spare().push_back(std::move(bytes_));
  }
  ReadBuffer(const ReadBuffer&) = delete;
  ReadBuffer& operator=(const ReadBuffer&) = delete;

  std::span<char> room() const noexcept { return {bytes_.get(), size}; }

  static constexpr std::size_t size = 16 * 1024;

 private:
  static constexpr std::size_t max_spare = 64;
  static std::vector<std::unique_ptr<char[]>>& spare() {
    thread_local std::vector<std::unique_ptr<char[]>> buffers;
    if (buffers.capacity() == 0) buffers.reserve(max_spare);
    return buffers;
  }

  std::unique_ptr<char[]> bytes_;
};

}  // namespace loquat::doors
