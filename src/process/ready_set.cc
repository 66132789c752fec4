#include "process/ready_set.h"

#include <cerrno>
#include <iterator>

#include "net/call.h"
#include "sys/kernel.h"

namespace loquat::process {
namespace {

int make_epoll() {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw_oserror(errno, {"epoll_create1", {}, {}, 0});
  return fd;
}

}  // namespace

ReadySet::ReadySet() : descriptor_(sys::kernel(), make_epoll()) {}

ReadySet::~ReadySet() { descriptor_.close(); }

void ReadySet::add(int fd, std::uint32_t events, std::uint32_t key) {
  epoll_event event{events, {.u32 = key}};
  if (::epoll_ctl(descriptor_.handle().number, EPOLL_CTL_ADD, fd, &event) < 0) {
    throw_oserror(errno, {"epoll_ctl", {}, {}, 0});
  }
}

void ReadySet::remove(int fd) noexcept { ::epoll_ctl(descriptor_.handle().number, EPOLL_CTL_DEL, fd, nullptr); }

std::span<epoll_event> ReadySet::wait(TimePoint deadline) {
  net::Descriptor::Call call(descriptor_, net::Direction::in, "communicate", deadline);
  for (;;) {
    sys::Operation ready(sys::OpKind::wait_in);
    const std::int64_t result = call.perform_next(ready);
    if (result == -ETIMEDOUT) return {};
    if (result < 0) descriptor_.fail(result, "communicate");
    const int count = ::epoll_wait(descriptor_.handle().number, events_, std::size(events_), 0);
    if (count > 0) return {events_, static_cast<std::size_t>(count)};
  }
}

}  // namespace loquat::process
