#include "loquat/file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "loquat/fiber.h"
#include "net/descriptor.h"
#include "sys/kernel.h"

namespace loquat {

using net::Descriptor;
using net::Direction;

struct File::State {
  State(int fd, bool owns) : descriptor(sys::kernel(), fd), owned(owns) {
    struct stat status;
    if (::fstat(fd, &status) < 0) throw_oserror(errno, {"file", {}, {}, 0});
    on_disk = S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) || S_ISBLK(status.st_mode);
  }
  ~State() {
    if (owned) {
      descriptor.close();
    } else {
      descriptor.detach();
    }
  }
  Descriptor descriptor;
  bool owned;
  bool on_disk;  // always ready for poll(2), and yet it blocks
};

File::File(int fd, Ownership ownership) : state_(std::make_unique<State>(fd, ownership == own)) {}
File::~File() = default;
File::File(File&&) noexcept = default;
File& File::operator=(File&&) noexcept = default;

int File::fileno() const noexcept { return state_->descriptor.handle().number; }

std::string File::read(std::size_t size) {
  Descriptor& d = state_->descriptor;
  Descriptor::Call call(d, Direction::in, "read");
  std::string data(size, '\0');
  std::int64_t result = 0;
  if (state_->on_disk) {
    result = offload([&]() -> std::int64_t {
      ssize_t got = ::read(d.handle().number, data.data(), size);
      return got < 0 ? -errno : got;
    });
  } else {
    sys::Operation operation(sys::OpKind::read);
    operation.data = data.data();
    operation.size = size;
    result = call.perform(operation);
  }
  if (result < 0) d.fail(result, "read");
  data.resize(static_cast<std::size_t>(result));
  return data;
}

void File::write(std::string_view data) {
  Descriptor& d = state_->descriptor;
  Descriptor::Call call(d, Direction::out, "write");
  std::size_t done = 0;
  while (done < data.size()) {
    std::string_view rest = data.substr(done);
    std::int64_t result = 0;
    if (state_->on_disk) {
      result = offload([&]() -> std::int64_t {
        ssize_t put = ::write(d.handle().number, rest.data(), rest.size());
        return put < 0 ? -errno : put;
      });
    } else {
      sys::Operation operation(sys::OpKind::write);
      operation.const_data = rest.data();
      operation.size = rest.size();
      result = call.perform(operation);
    }
    if (result < 0) d.fail(result, "write", done);
    done += static_cast<std::size_t>(result);
  }
}

}  // namespace loquat
