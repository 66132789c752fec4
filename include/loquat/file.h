// file.h - terminals, pipes and files, read and written without blocking the worker.
//
//   loquat::File input(STDIN_FILENO);
//   for (std::string data; !(data = input.read(4096)).empty();) ...
//
// True of every call in this file:
//   Errors    A failure throws OSError (error.h). Writing to a pipe without a reader raises SIGPIPE, as write(2) does;
//             a program that ignores the signal gets BrokenPipeError.
//   Waiting   In a fiber only that fiber waits; in a plain thread a call blocks the thread. There is no timeout. The
//             O_NONBLOCK flag of the descriptor is never changed.
//   Threads   Any thread or fiber may call. Readers take turns in order of arrival, and so do writers.
//   Lifetime  A buffer must live until the call returns, a File until its calls have returned. The File borrows its
//             descriptor unless it is constructed with File::own.
//   Cancel    A cancelled fiber throws Cancelled at its next wait (fiber.h). No byte that was read is lost. A call that
//             already runs on the pool ends first.
//
// How it waits depends on the descriptor. A regular file is read and written on the pool of offload() (fiber.h). A pipe
// waits in the poller. A terminal is opened a second time, with an O_NONBLOCK of its own, and waits in the poller, even
// while its output is stopped (Ctrl-S). A descriptor that cannot be opened again (the master of a pseudo-terminal,
// another user's terminal) or does not support RWF_NOWAIT (an eventfd) waits in the poller until it is ready, and is
// then read or written on the pool; if its output is stopped, it occupies a pool thread meanwhile.
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
  // Throws OSError(EBADF); the descriptor then stays the caller's, even with `own`.
  explicit File(int fd, Ownership ownership = borrow);
  // Closes the descriptor if the File owns it.
  ~File();
  // A moved-from File can only be assigned and destroyed.
  File(File&&) noexcept;
  File& operator=(File&&) noexcept;

  // Waits for at least one byte and returns at most `size` bytes. Returns an empty string at end of file, and for a
  // size of 0. A regular file is read from its position, which moves behind the bytes.
  std::string read(std::size_t size);
  // Writes all of `data`. If it throws an OSError, error.done() bytes have been written.
  void write(std::string_view data);
  void write(const Bytes auto& data) { write(detail::view_of(data)); }
  int fileno() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace loquat
