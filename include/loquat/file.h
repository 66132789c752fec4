// file.h - descriptors that are no sockets (a terminal, a pipe, a file), read and written without blocking the worker.
//
//   loquat::File input(STDIN_FILENO);
//   for (std::string data; !(data = input.read(4096)).empty();) ...
//
// True of every call in this file:
//   Errors    OSError, as in socket.h. Writing to a pipe that nobody reads raises SIGPIPE, as write(2) does; a program
//             that ignores the signal gets BrokenPipeError.
//   Waiting   Only the fiber waits; in a plain thread a call blocks the thread. There is no timeout. Pipes wait in the
//             poller, regular files on the pool. The descriptor's O_NONBLOCK is left as it is: a terminal is opened
//             once more, with an O_NONBLOCK of its own, and waits in the poller, also while it is stopped (Ctrl-S).
//             What cannot be opened again (a pseudo-terminal's master, another user's terminal) or knows no RWF_NOWAIT
//             (an eventfd) waits in the poller until it is ready and is then read or written on the pool, where a
//             stopped one keeps a thread.
//   Threads   Any; callers in one direction queue, in order.
//   Lifetime  Buffers until the call returns; a File until its calls have. The descriptor is borrowed unless the
//             constructor is told to own it.
//   Cancel    As in socket.h. A call that has reached the pool is not cut short.
//
// Layer: net (docs/layers.txt).  Source: read(2), write(2), Python io.FileIO.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "loquat/bytes.h"
#include "loquat/time.h"

namespace loquat {

class File {
 public:
  enum Ownership { borrow, own };
  // Throws OSError(EBADF); the descriptor is then still yours.
  explicit File(int fd, Ownership ownership = borrow);
  // Closes an owned descriptor.
  ~File();
  File(File&&) noexcept;
  File& operator=(File&&) noexcept;

  // Waits for at least one byte and returns at most `size` of them; empty at end of file, and for a size of 0. A file
  // on disk is read from its position on.
  std::string read(std::size_t size);
  // Writes all of `data`. On failure error.done() bytes have been written.
  void write(std::string_view data);
  void write(const Bytes auto& data) { write(detail::view_of(data)); }
  int fileno() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace loquat
