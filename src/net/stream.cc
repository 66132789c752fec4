#include "loquat/stream.h"

#include <stdexcept>
#include <utility>
#include <vector>

#include "loquat/fiber.h"
#include "loquat/socket.h"

namespace loquat {

class SocketStream::Buffer final : public std::streambuf {
 public:
  Buffer(Socket& socket, std::size_t size) : socket_(socket), in_(size), out_(size) {
    setg(in_.data(), in_.data(), in_.data());
    setp(out_.data(), out_.data() + out_.size());
  }

 protected:
  int_type underflow() override {
    if (broken_) throw std::ios_base::failure("cannot read from a stream that has failed");
    send();
    setg(in_.data(), in_.data(), in_.data());
    const std::size_t size = guarded([&] { return socket_.recv_into(std::span<char>(in_)); });
    if (size == 0) return traits_type::eof();
    setg(in_.data(), in_.data(), in_.data() + size);
    return traits_type::to_int_type(in_.front());
  }
  int_type overflow(int_type c) override {
    send();
    if (!traits_type::eq_int_type(c, traits_type::eof())) sputc(traits_type::to_char_type(c));
    return traits_type::not_eof(c);
  }
  // What is larger than the buffer is not copied into it.
  std::streamsize xsputn(const char* data, std::streamsize size) override {
    if (size < epptr() - pptr()) return std::streambuf::xsputn(data, size);
    const std::string_view pieces[] = {{pbase(), static_cast<std::size_t>(pptr() - pbase())},
                                       {data, static_cast<std::size_t>(size)}};
    guarded([&] { socket_.sendall(pieces); });
    setp(out_.data(), out_.data() + out_.size());
    return size;
  }
  int sync() override {
    send();
    return 0;
  }

 private:
  void send() {
    if (pptr() == pbase()) return;
    guarded([&] { socket_.sendall({pbase(), static_cast<std::size_t>(pptr() - pbase())}); });
    setp(out_.data(), out_.data() + out_.size());
  }
  template <class F>
  auto guarded(F call) -> decltype(call()) {
    if (broken_) throw std::ios_base::failure("the stream has failed before");
    broken_ = true;
    if constexpr (std::is_void_v<decltype(call())>) {
      call();
      broken_ = false;
    } else {
      auto result = call();
      broken_ = false;
      return result;
    }
  }

  Socket& socket_;
  bool broken_ = false;
  std::vector<char> in_, out_;
};

SocketStream::SocketStream(Socket& socket, std::size_t buffer) : std::iostream(nullptr) {
  if (buffer == 0) throw std::invalid_argument("makefile: a buffer of 0 bytes");
  buffer_ = std::make_unique<Buffer>(socket, buffer);
  init(buffer_.get());
  exceptions(std::ios_base::badbit);  // what the socket throws passes through
}

SocketStream::SocketStream(SocketStream&& other) noexcept
    : std::iostream(std::move(other)), buffer_(std::move(other.buffer_)) {
  set_rdbuf(buffer_.get());
}

SocketStream Socket::makefile(std::size_t buffer) { return SocketStream(*this, buffer); }

SocketStream::~SocketStream() {
  if (!buffer_) return;
  const CancelShield shield;
  try {
    buffer_->pubsync();
  } catch (const std::exception&) {
    // The caller did not ask.
  }
}

}  // namespace loquat
