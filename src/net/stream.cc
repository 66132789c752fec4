#include "loquat/stream.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <span>
#include <utility>
#include <vector>

#include "loquat/fiber.h"
#include "loquat/socket.h"
#include "net/descriptor.h"

namespace loquat {

using net::Descriptor;

class SocketStream::Buffer final : public std::streambuf {
 public:
  Buffer(std::shared_ptr<Descriptor> descriptor, std::size_t size)
      : descriptor_(std::move(descriptor)),
        socket_(Descriptor::make_socket(descriptor_)),
        by_line_(size == line_buffered),
        in_(size == line_buffered ? default_buffer : std::max<std::size_t>(size, 1)),
        out_(size == unbuffered ? 0 : in_.size()) {
    setg(in_.data(), in_.data(), in_.data());
    set_pending(0);
  }
  ~Buffer() override { let_go(); }

  const Socket& socket() const { return socket_; }
  bool closed() const { return !descriptor_; }
  void let_go() noexcept {
    if (!descriptor_) return;
    Descriptor::forget(socket_);
    std::exchange(descriptor_, nullptr)->drop();
    setg(in_.data(), in_.data(), in_.data());
    setp(out_.data(), out_.data());
  }
  void send(int flags = 0) {
    const std::size_t size = pending();
    if (size == 0) return;
    try {
      send_now({pbase(), size}, flags);
    } catch (const OSError& e) {
      std::memmove(out_.data(), out_.data() + e.done(), size - e.done());
      set_pending(size - e.done());
      throw;
    }
    set_pending(0);
  }
  bool write_failed() const { return write_failed_; }

 protected:
  int_type underflow() override {
    const std::size_t size = receive(in_);
    setg(in_.data(), in_.data(), in_.data() + size);
    return size == 0 ? traits_type::eof() : traits_type::to_int_type(in_.front());
  }
  // Data larger than the buffer is not copied through it.
  std::streamsize xsgetn(char* to, std::streamsize wanted) override {
    std::streamsize done = 0;
    while (done < wanted) {
      const std::streamsize left = wanted - done;
      if (gptr() == egptr() && left >= static_cast<std::streamsize>(in_.size())) {
        const std::size_t size = receive({to + done, static_cast<std::size_t>(left)});
        if (size == 0) break;
        done += static_cast<std::streamsize>(size);
        continue;
      }
      if (gptr() == egptr() && traits_type::eq_int_type(underflow(), traits_type::eof())) break;
      const std::streamsize some = std::min(left, egptr() - gptr());
      std::copy_n(gptr(), some, to + done);
      gbump(static_cast<int>(some));
      done += some;
    }
    return done;
  }
  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) {
      sync();
      return traits_type::not_eof(c);
    }
    const char byte = traits_type::to_char_type(c);
    xsputn(&byte, 1);
    return c;
  }
  std::streamsize xsputn(const char* data, std::streamsize length) override {
    check_open();
    const auto size = static_cast<std::size_t>(length);
    if (size > out_.size() - pending()) send();
    if (size > out_.size()) {
      send_now({data, size});
      return length;
    }
    std::copy_n(data, size, pptr());
    set_pending(pending() + size);
    if (by_line_ && std::string_view(data, size).find('\n') != std::string_view::npos) send();
    return length;
  }
  int sync() override {
    check_open();
    send();
    return 0;
  }

 private:
  void check_open() const {
    if (closed()) throw std::ios_base::failure("the stream is closed");
  }
  std::size_t receive(std::span<char> buffer) {
    check_open();
    if (timed_out_) throw std::ios_base::failure("cannot read from a stream that has timed out");
    send();
    try {
      return socket_.recv_into(buffer);
    } catch (const TimeoutError&) {
      timed_out_ = true;
      throw;
    }
  }
  void send_now(std::string_view data, int flags = 0) {
    write_failed_ = true;
    socket_.sendall(data, flags);
    write_failed_ = false;
  }
  std::size_t pending() const { return static_cast<std::size_t>(pptr() - pbase()); }
  // In line mode there is never room, so each character calls overflow().
  void set_pending(std::size_t size) {
    setp(out_.data(), out_.data() + (by_line_ ? size : out_.size()));
    pbump(static_cast<int>(size));
  }

  std::shared_ptr<Descriptor> descriptor_;
  Socket socket_;  // a second handle to the descriptor; let_go() decides which one closes
  const bool by_line_;
  bool timed_out_ = false;
  bool write_failed_ = false;
  std::vector<char> in_, out_;
};

SocketStream::SocketStream(Socket& socket, std::size_t buffer) : std::iostream(nullptr) {
  std::shared_ptr<Descriptor> descriptor = Descriptor::shared(socket, "makefile");
  if (!descriptor->hold()) throw_oserror(EBADF, {"makefile", {}, {}, 0});
  buffer_ = std::make_unique<Buffer>(std::move(descriptor), buffer);
  init(buffer_.get());
  exceptions(std::ios_base::badbit);  // so that exceptions of the socket pass through
}

SocketStream::SocketStream(SocketStream&& other) noexcept
    : std::iostream(std::move(other)), buffer_(std::move(other.buffer_)) {
  set_rdbuf(buffer_.get());
}

SocketStream Socket::makefile(std::size_t buffer) { return SocketStream(*this, buffer); }

bool SocketStream::closed() const noexcept { return !buffer_ || buffer_->closed(); }

int SocketStream::fileno() const { return closed() ? -1 : buffer_->socket().fileno(); }

void SocketStream::close() {
  if (closed()) return;
  struct LetGo {
    Buffer& buffer;
    ~LetGo() { buffer.let_go(); }
  } let_go{*buffer_};
  buffer_->send();
}

SocketStream::~SocketStream() {
  if (closed()) return;
  const CancelShield shield;
  try {
    if (!buffer_->write_failed()) buffer_->send(std::uncaught_exceptions() > 0 ? MSG_DONTWAIT : 0);
  } catch (const std::exception&) {
    // The caller did not ask for exceptions.
  }
}

}  // namespace loquat
