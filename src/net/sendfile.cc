// sendfile.cc - pread(2) and send(2): sendfile(2) would need O_NONBLOCK, which all sharers of the socket would see.
#include "net/sendfile.h"

#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <stdexcept>

#include "loquat/fiber.h"
#include "loquat/file.h"
#include "loquat/socket.h"
#include "net/filter.h"

namespace loquat {
namespace {

constexpr std::size_t piece_size = 64 * 1024;

// A pipe or a terminal cannot be read twice, so each piece is sent before the next is read.
std::size_t send_as_it_comes(Socket& socket, int fd, std::optional<std::size_t> count) {
  File file(fd);
  std::size_t done = 0;
  while (!count || done < *count) {
    const std::string piece = file.read(std::min(piece_size, count ? *count - done : piece_size));
    if (piece.empty()) break;
    socket.sendall(piece);
    done += piece.size();
  }
  return done;
}

void check(const Socket& socket, std::optional<std::size_t> count) {
  if (socket.type() != SOCK_STREAM) throw std::invalid_argument("sendfile: not a stream socket");
  if (socket.gettimeout() == Duration::zero()) throw std::invalid_argument("sendfile: a socket with a timeout of 0");
  if (count && net::checked_size(*count, "sendfile") == 0) throw std::invalid_argument("sendfile: a count of 0");
}

std::int64_t send_some(net::Descriptor::Call& call, std::string_view data, bool first) {
  if (net::Filter* filter = call.descriptor().filter()) {
    if (!first && call.deadline() != never && now() >= call.deadline()) return -ETIMEDOUT;
    return static_cast<std::int64_t>(filter->send(call, data, 0));
  }
  sys::Operation operation(sys::OpKind::send);
  operation.const_data = data.data();
  operation.size = data.size();
  return first ? call.perform(operation) : call.perform_next(operation);
}

}  // namespace

namespace net {

std::size_t read_at(int fd, std::span<char> to, std::size_t offset) {
  iovec piece{to.data(), to.size()};
  ssize_t got = ::preadv2(fd, &piece, 1, static_cast<off_t>(offset), RWF_NOWAIT);
  int error = errno;
  if (got < 0 && (error == EAGAIN || error == EOPNOTSUPP || error == ENOSYS)) {
    got = offload([&] {
      const ssize_t read = ::pread(fd, to.data(), to.size(), static_cast<off_t>(offset));
      error = errno;
      return read;
    });
  }
  if (got < 0) throw_oserror(error, {"sendfile (reading the file)", {}, {}, 0});
  return static_cast<std::size_t>(got);
}

std::int64_t send_file(Descriptor::Call& call, int fd, std::size_t offset, std::size_t count, std::size_t& done) {
  if (done >= count) return 0;
  std::string buffer(std::min(piece_size, count - done), '\0');
  for (bool first = true; done < count;) {
    const std::size_t size = read_at(fd, {buffer.data(), std::min(buffer.size(), count - done)}, offset + done);
    if (size == 0) break;
    for (std::string_view left(buffer.data(), size); !left.empty(); first = false) {
      const std::int64_t result = send_some(call, left, first);
      if (result < 0) return result;
      done += static_cast<std::size_t>(result);
      left.remove_prefix(static_cast<std::size_t>(result));
    }
  }
  return 0;
}

}  // namespace net

std::size_t Socket::sendfile(int fd, std::size_t offset, std::optional<std::size_t> count) {
  net::Descriptor& d = open_descriptor("sendfile");
  struct stat status;
  if (::fstat(fd, &status) < 0) throw_oserror(errno, {"sendfile", {}, {}, 0});
  check(*this, count);
  if (!S_ISREG(status.st_mode)) {
    if (offset != 0) throw std::invalid_argument("sendfile: an offset into what is no regular file");
    return send_as_it_comes(*this, fd, count);
  }
  net::checked_size(offset, "sendfile");
  net::Descriptor::Call call(d, net::Direction::out, "sendfile");
  std::size_t done = 0;
  struct SetPosition {
    int fd;
    const std::size_t& begin;
    const std::size_t& done;
    ~SetPosition() { ::lseek(fd, static_cast<off_t>(begin + done), SEEK_SET); }
  } set_position{fd, offset, done};
  const std::int64_t result = net::send_file(call, fd, offset, count.value_or(SIZE_MAX), done);
  if (result < 0) d.fail(result, "sendfile", done);
  return done;
}

}  // namespace loquat
