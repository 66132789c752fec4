// stream.h - a socket as a std::iostream: getline, >>, << and the algorithms over istreambuf_iterator.
//
//   SocketStream file = socket.makefile();
//   for (std::string line; std::getline(file, line);) file << line << std::endl;
//
// True of every call in this file:
//   Errors    What the socket throws (socket.h) passes through, and the stream is bad() until clear(). End of stream
//             sets eofbit. After a TimeoutError reading is over for good (std::ios_base::failure): in the middle of a
//             line nobody can know what was read. A BlockingIOError of a socket with a timeout of 0 may be tried again
//             after clear(); what getline() had read by then is in its string.
//   Buffers   One for each direction, of `buffer` bytes. What is written goes out when its buffer is full, at flush()
//             and std::endl, and before a read. What a failed write did not send stays, and goes out first at the next
//             flush. 0: unbuffered. What is written goes out at once, and nothing is taken from the socket before it is
//             asked for (>> takes the byte after its word), so that several streams may read in turn. 1: line-buffered.
//             Buffers of the usual size, and what is written goes out with each newline, too.
//   Text      Bytes, as they are: no newline is translated and no encoding checked, so text and binary are the same.
//   Lifetime  A stream keeps its socket open: Socket::close() and ~Socket() take effect when the last stream of it has
//             closed. (shutdown() takes effect at once, and wakes who reads.) What the stream has read ahead is lost to
//             the socket.
//   Threads   One fiber or thread at a time. A reader and a writer beside each other make a stream each.
//
// Layer: net (docs/layers.txt).  Source: Python socket.makefile, io.open (buffering), std::basic_streambuf.
#pragma once

#include <cstddef>
#include <iostream>
#include <memory>

namespace loquat {

class Socket;

class SocketStream : public std::iostream {
 public:
  static constexpr std::size_t default_buffer = 8192;  // Python's io.DEFAULT_BUFFER_SIZE
  static constexpr std::size_t unbuffered = 0;
  static constexpr std::size_t line_buffered = 1;

  // Throws OSError(EBADF) for a closed socket.
  explicit SocketStream(Socket& socket, std::size_t buffer = default_buffer);
  SocketStream(SocketStream&&) noexcept;
  // close(), but errors are ignored: close() before, where they matter. While an exception is on its way it sends only
  // what needs no waiting, and after a failed write nothing.
  ~SocketStream() override;

  // Sends what is left and lets the socket go, even if it throws. A second close() does nothing. Reading and writing
  // throw std::ios_base::failure from then on.
  void close();
  bool closed() const noexcept;
  // The socket's descriptor; -1 once closed.
  int fileno() const;

 private:
  class Buffer;
  std::unique_ptr<Buffer> buffer_;
};

}  // namespace loquat
