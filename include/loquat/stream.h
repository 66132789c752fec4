// stream.h - a socket as a std::iostream: getline, >>, << and the algorithms over istreambuf_iterator.
//
//   SocketStream file = socket.makefile();
//   for (std::string line; std::getline(file, line);) file << line << std::endl;
//
// True of every call in this file:
//   Errors    What the socket throws (socket.h) passes through, and the stream is bad from then on: after a timeout in
//             the middle of a line nobody can know what was read. clear() does not mend that; use another stream.
//             End of stream sets eofbit.
//   Buffers   Two of `buffer` bytes. What is written goes out when its buffer is full, at flush() and std::endl, and
//             before a read. The destructor flushes and ignores errors: flush() before, where they matter.
//   Lifetime  The socket must outlive the stream. What the stream has read ahead is lost to the socket.
//   Threads   One reader and one writer at a time, if they are not the same fiber: flush() by the writer.
//
// Layer: net (docs/layers.txt).  Source: Python socket.makefile, std::basic_streambuf.
#pragma once

#include <cstddef>
#include <iostream>
#include <memory>

namespace loquat {

class Socket;

class SocketStream : public std::iostream {
 public:
  static constexpr std::size_t default_buffer = 8192;  // Python's io.DEFAULT_BUFFER_SIZE

  // Throws std::invalid_argument for a buffer of 0 bytes.
  explicit SocketStream(Socket& socket, std::size_t buffer = default_buffer);
  SocketStream(SocketStream&&) noexcept;
  ~SocketStream() override;

 private:
  class Buffer;
  std::unique_ptr<Buffer> buffer_;
};

}  // namespace loquat
