#include "poll/ready_set.h"

#include <cerrno>
#include <iterator>

#include "net/call.h"
#include "sys/kernel.h"

namespace loquat::poller {
namespace {

int make_epoll() {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw_oserror(errno, {"epoll_create1", {}, {}, 0});
  return fd;
}

}  // namespace

ReadySet::ReadySet() : descriptor_(sys::kernel(), make_epoll()) {}

ReadySet::~ReadySet() { descriptor_.close(); }

int ReadySet::control(int operation, int fd, std::uint32_t events, std::uint32_t key) noexcept {
  epoll_event event{events, {.u32 = key}};
  return ::epoll_ctl(descriptor_.handle().number, operation, fd, &event) < 0 ? errno : 0;
}

int ReadySet::add(int fd, std::uint32_t events, std::uint32_t key) noexcept {
  return control(EPOLL_CTL_ADD, fd, events, key);
}
int ReadySet::change(int fd, std::uint32_t events, std::uint32_t key) noexcept {
  return control(EPOLL_CTL_MOD, fd, events, key);
}
void ReadySet::remove(int fd) noexcept { control(EPOLL_CTL_DEL, fd, 0, 0); }

std::span<epoll_event> ReadySet::wait(TimePoint deadline, const char* name) {
  net::Descriptor::Call call(descriptor_, net::Direction::in, name, deadline);
  for (;;) {
    sys::Operation ready(sys::OpKind::wait_in);
    const std::int64_t result = call.perform_next(ready);
    if (result == -ETIMEDOUT) return {};
    if (result < 0) descriptor_.fail(result, name);
    const int count = ::epoll_wait(descriptor_.handle().number, events_, std::size(events_), 0);
    if (count > 0) return {events_, static_cast<std::size_t>(count)};
  }
}

}  // namespace loquat::poller
