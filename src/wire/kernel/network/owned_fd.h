// owned_fd.h - a descriptor that closes with its owner.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <unistd.h>

#include <utility>

namespace loquat::wire::kernel {

class OwnedFd {
 public:
  OwnedFd() = default;
  explicit OwnedFd(int fd) : fd_(fd) {}
  OwnedFd(OwnedFd&& from) noexcept : fd_(std::exchange(from.fd_, -1)) {}
  OwnedFd& operator=(OwnedFd&& from) noexcept {
    std::swap(fd_, from.fd_);
    return *this;
  }
  ~OwnedFd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

}  // namespace loquat::wire::kernel
