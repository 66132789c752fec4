// stream.h - a socket as a std::iostream: getline, >>, << and the algorithms over istreambuf_iterator.
//
//   SocketStream file = socket.makefile();
//   for (std::string line; std::getline(file, line);) file << line << std::endl;
//
// True of every call in this file:
//   Errors    The stream throws what the socket throws (socket.h) and is then bad() until clear(). End of stream sets
//             eofbit. After a TimeoutError every further read throws std::ios_base::failure, because nobody knows how
//             much of a line was already read. After a BlockingIOError (a socket with a timeout of 0), clear() and try
//             again; the bytes that getline() had read by then are in its string.
//   Buffers   The stream has one buffer for each direction, of `buffer` bytes. Written bytes are sent when the buffer
//             is full, at flush() and std::endl, and before a read from the socket. If sending fails, the unsent bytes
//             stay and are sent first at the next flush.
//   Text      Bytes pass unchanged: no newline is translated and no encoding is checked.
//   Lifetime  A stream keeps its socket open: Socket::close() and ~Socket() take effect when the last stream of the
//             socket is closed. shutdown() takes effect at once and wakes a reader. Bytes that the stream has read
//             ahead are lost to the socket.
//   Threads   A stream is for one fiber or thread at a time. A reader and a writer that run at the same time need a
//             stream each.
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
  // Written bytes are sent at once, and nothing is read ahead, so that several streams may read in turn; >> reads the
  // byte behind its word.
  static constexpr std::size_t unbuffered = 0;
  // Buffers of the default size, and each newline also sends what was written.
  static constexpr std::size_t line_buffered = 1;

  // The same as socket.makefile(). Throws OSError(EBADF) if the socket is closed.
  explicit SocketStream(Socket& socket, std::size_t buffer = default_buffer);
  SocketStream(SocketStream&&) noexcept;
  // As close(), but ignores errors: call close() first if they matter. While an exception unwinds it sends only what
  // needs no waiting; after a failed write it sends nothing.
  ~SocketStream() override;

  // Sends the buffered bytes and releases the socket, even if sending throws. The socket stays open unless
  // Socket::close() or its destructor has been called. Afterwards reading and writing throw std::ios_base::failure. A
  // second close() does nothing.
  void close();
  bool closed() const noexcept;
  // The socket's descriptor; -1 once closed.
  int fileno() const;

 private:
  class Buffer;
  std::unique_ptr<Buffer> buffer_;
};

}  // namespace loquat
