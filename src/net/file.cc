#include "loquat/file.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <string>

#include "loquat/fiber.h"
#include "net/call.h"
#include "sys/kernel.h"

namespace loquat {

using net::Descriptor;
using net::Direction;
using sys::Operation;
using sys::OpKind;

namespace {

// Terminals do not support RWF_NOWAIT, and O_NONBLOCK would also affect the shell that shares the terminal. Opening it
// again gives an O_NONBLOCK of its own. Returns -1 if it is no terminal, or a pseudo-terminal's master, since opening
// that makes a new pair.
int open_again(int fd) {
  int number = 0;
  const int flags = ::fcntl(fd, F_GETFL);
  if (::isatty(fd) == 0 || ::ioctl(fd, TIOCGPTN, &number) == 0 || (flags & O_NONBLOCK) != 0) return -1;
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  return ::open(path.c_str(), (flags & O_ACCMODE) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

// Runs on a thread of the pool, where it may block.
std::int64_t on_pool(const Operation& operation, int fd) {
  return offload([&]() -> std::int64_t {
    for (;;) {
      const ssize_t result = operation.kind == OpKind::read ? ::read(fd, operation.data, operation.size)
                                                            : ::write(fd, operation.const_data, operation.size);
      if (result >= 0) return result;
      if (errno != EINTR) return -errno;
    }
  });
}

}  // namespace

struct File::State {
  State(int number, bool owns) : State(number, owns, is_on_disk(number), open_again(number)) {}
  ~State() {
    const CancelShield shield;
    const bool special = on_disk || opened >= 0;
    if (owned && !special) {
      descriptor.close();
      return;
    }
    descriptor.detach();
    if (opened >= 0) ::close(opened);
    if (owned) close_special();
  }

  static bool is_on_disk(int fd) {
    struct stat status;
    if (::fstat(fd, &status) < 0) throw_oserror(errno, {"file", {}, {}, 0});
    return S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) || S_ISBLK(status.st_mode);
  }

  std::int64_t perform(Descriptor::Call& call, Operation& operation) {
    if (on_disk) return on_pool(operation, fd);
    const std::int64_t result = call.perform(operation);
    if (result != -EOPNOTSUPP) return result;
    Operation ready(operation.kind == OpKind::read ? OpKind::wait_in : OpKind::wait_out);
    const std::int64_t waited = call.perform(ready);
    return waited < 0 ? waited : on_pool(operation, fd);
  }

  int fd;
  bool owned;
  bool on_disk;  // poll(2) calls it ready, but it blocks
  int opened;    // what open_again() made
  Descriptor descriptor;

 private:
  State(int number, bool owns, bool disk, int again)
      : fd(number), owned(owns), on_disk(disk), opened(again), descriptor(sys::kernel(), again >= 0 ? again : number) {}

  // close(2) writes a file back to a network server, and drains a serial line.
  void close_special() const noexcept {
    try {
      offload([this] { ::close(fd); });
    } catch (const std::exception&) {
      ::close(fd);  // no thread can be started, or memory is short
    }
  }
};

File::File(int fd, Ownership ownership) : state_(std::make_unique<State>(fd, ownership == own)) {}
File::~File() = default;
File::File(File&&) noexcept = default;
File& File::operator=(File&&) noexcept = default;

int File::fileno() const noexcept { return state_->fd; }

std::string File::read(std::size_t size) {
  Descriptor& d = state_->descriptor;
  Descriptor::Call call(d, Direction::in, "read");
  std::string data(net::checked_size(size, "read"), '\0');
  Operation operation(OpKind::read);
  operation.data = data.data();
  operation.size = size;
  const std::int64_t result = state_->perform(call, operation);
  if (result < 0) d.fail(result, "read");
  data.resize(static_cast<std::size_t>(result));
  return data;
}

void File::write(std::string_view data) {
  Descriptor& d = state_->descriptor;
  Descriptor::Call call(d, Direction::out, "write");
  std::size_t done = 0;
  while (done < data.size()) {
    const std::string_view rest = data.substr(done);
    Operation operation(OpKind::write);
    operation.const_data = rest.data();
    operation.size = rest.size();
    const std::int64_t result = state_->perform(call, operation);
    if (result < 0) d.fail(result, "write", done);
    done += static_cast<std::size_t>(result);
  }
}

}  // namespace loquat
