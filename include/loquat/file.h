// file.h - descriptors that are no sockets (a terminal, a pipe, a file), read and written without blocking the worker.
//
//   Errors    OSError, as in socket.h.
//   Lifetime  Buffers until the call returns. The descriptor is borrowed unless the constructor is told to own it.
//   Waiting   Pipes and terminals wait in the poller; regular files go to the pool.
//
// Layer: net (docs/layers.txt).  Source: read(2), write(2), Python io.FileIO.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "loquat/time.h"

namespace loquat {

class File {
 public:
  enum Ownership { borrow, own };
  explicit File(int fd, Ownership ownership = borrow);
  ~File();
  File(File&&) noexcept;
  File& operator=(File&&) noexcept;

  // At most `size` bytes, at least one; empty at end of file.
  std::string read(std::size_t size);
  // All of `data`.
  void write(std::string_view data);
  int fileno() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace loquat
