// byte_queue.h - a queue of bytes.
//
// Layer: sim.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace loquat::sim {

class ByteQueue {
 public:
  std::size_t size() const noexcept { return bytes_.size() - head_; }
  bool empty() const noexcept { return size() == 0; }
  // All bytes. Valid until the next change.
  std::string_view view() const noexcept { return std::string_view(bytes_).substr(head_); }
  void append(std::string_view more) { bytes_.append(more); }
  // Drops the first `n`, at most all.
  void consume(std::size_t n) {
    head_ += std::min(n, size());
    if (head_ < bytes_.size() && head_ < bytes_.size() / 2) return;
    bytes_.erase(0, head_);
    head_ = 0;
  }
  void clear() noexcept {
    bytes_.clear();
    head_ = 0;
  }

 private:
  std::string bytes_;
  std::size_t head_ = 0;
};

}  // namespace loquat::sim
