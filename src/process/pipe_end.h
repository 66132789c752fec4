// pipe_end.h - a descriptor that closes with its owner, and pipes of two.
//
// Layer: process.
#pragma once

#include <unistd.h>

#include <utility>

namespace loquat::process {

class PipeEnd {
 public:
  PipeEnd() = default;
  explicit PipeEnd(int fd) noexcept : fd_(fd) {}
  PipeEnd(PipeEnd&& other) noexcept : fd_(other.release()) {}
  PipeEnd& operator=(PipeEnd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~PipeEnd() { close(); }

  void close() noexcept {
    if (fd_ >= 0) ::close(release());
  }
  int release() noexcept { return std::exchange(fd_, -1); }
  int number() const noexcept { return fd_; }
  bool open() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

struct Pipe {
  PipeEnd reading;
  PipeEnd writing;
};

// Close-on-exec at both ends, and neither is a standard descriptor. Throws OSError.
Pipe make_pipe();

}  // namespace loquat::process
