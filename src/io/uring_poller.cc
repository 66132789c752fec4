// uring_poller.cc - operations become submissions; one system call submits those of one turn of the loop.
//
//   1. The ring belongs to one thread (SINGLE_ISSUER, DEFER_TASKRUN: Linux 6.1): any thread creates it disabled, and
//      the worker's first call enables it. Older kernels get a plain ring.
//   2. An operation is done when its completion arrives and never before: the kernel has let go of its memory.
//   3. Waits that io_uring cannot do go to an epoll poller aside. In a ring every wait ends when the peer has ended its
//      stream (the kernel adds POLLRDHUP to each). So a wait for room to send would end at once, and a sendmsg() on
//      an O_NONBLOCK descriptor ends with EAGAIN. A send that connects first (MSG_FASTOPEN) ends with EINPROGRESS, a
//      wait for bytes ends for an error queue, and MSG_WAITALL ignores MSG_PEEK and urgent data.
//   4. A Unix datagram socket sends aside. Its send takes the bytes before it sees that the peer's queue is full, and
//      the ring's second try sends what is left of them: an empty datagram (seen on Linux 6.18).
#include <liburing.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "io/choose_poller.h"
#include "loquat/error.h"
#include "sys/kernel.h"

namespace loquat::io {
namespace {

using sys::Operation;
using sys::OpKind;

constexpr unsigned entries = 1024;

constexpr unsigned setup_flags =
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_R_DISABLED | IORING_SETUP_CQSIZE;

// Creates the newest kind of ring that the kernel has. Returns whether it has to be enabled.
bool set_up(io_uring& ring, unsigned size) {
  io_uring_params parameters{};
  parameters.flags = setup_flags;
  parameters.cq_entries = size * 8;
  int error = io_uring_queue_init_params(size, &ring, &parameters);
  const bool is_new = error != -EINVAL;
  if (!is_new) error = io_uring_queue_init(size, &ring, 0);
  if (error < 0) throw_oserror(-error, {"io_uring_setup", {}, {}, 0});
  return is_new;
}

// Debian 12's liburing declares io_uring_enable_rings() but does not export it.
int enable_ring(const io_uring& ring) {
  const long result = ::syscall(SYS_io_uring_register, ring.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
  return result < 0 ? -errno : 0;
}

// For a sandbox that starts during a run and refuses the ring. Its operations can neither be finished nor cancelled,
// and another try would spin, so the process cannot continue.
void must_be_allowed(int result) {
  if (result != -EPERM && result != -EACCES && result != -ENOSYS) return;
  constexpr std::string_view line =
      "loquat: io_uring_enter(2) is refused since this run began. Enter the sandbox before run(), or choose epoll.\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
  std::abort();
}

enum Place : std::uint8_t { in_ring, leaving, aside };  // of an operation; leaving: its cancel was submitted

// Whether the kernel has ended an operation early without a cancel.
bool is_unfinished(const Operation& op, std::int64_t result) {
  if (op.kind == OpKind::wait_out) return result > 0 && (result & (POLLOUT | POLLHUP | POLLNVAL)) == 0;
  if (op.kind == OpKind::wait_in) return result == POLLERR;
  const bool sends = op.kind == OpKind::send || op.kind == OpKind::sendmsg;
  return result == -EAGAIN || (sends && result == -EINPROGRESS);
}

bool is_unix_datagram(int fd) {
  int type = SOCK_STREAM, domain = 0;
  socklen_t size = sizeof(int);
  if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type == SOCK_STREAM) return false;
  return ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

constexpr std::size_t max_transfer = 0x7ffff000;  // read(2) moves no more, and a submission's length has 32 bits

class UringPoller final : public sched::Poller {
 public:
  UringPoller();
  ~UringPoller() override;

  bool start(Operation& op) override;
  void cancel(Operation& op) override;
  void wait(TimePoint deadline) override;
  void wake() noexcept override {
    std::uint64_t one = 1;
    [[maybe_unused]] auto written = ::write(wake_, &one, sizeof(one));
  }
  // Closes and unmaps; the parent's ring does not notice.
  void drop() noexcept override {
    io_uring_queue_exit(&ring_);
    ::close(wake_);
  }
  const char* name() const noexcept override { return "io_uring"; }

 private:
  io_uring_sqe* submission();
  void enable();
  void listen_for_wake();
  void listen_aside();
  void reap();
  void complete(Operation& op, std::int64_t result);
  void wait_aside(Operation& op);
  bool start_aside(Operation& op) noexcept;
  bool sends_aside(sys::Handle handle);

  struct Record {
    std::uint32_t generation = 0;
    bool sends_aside = false;
  };
  io_uring ring_{};
  std::unique_ptr<sched::Poller> aside_;  // made when it is needed
  int aside_descriptor_ = -1;
  std::vector<Record> records_;  // of descriptors that have sent, by number
  int wake_ = -1;
  std::uint64_t wake_count_ = 0;
  bool enabled_ = false;
  const bool disabled_at_first_;
};

UringPoller::UringPoller() : disabled_at_first_(set_up(ring_, entries)) {
  wake_ = ::eventfd(0, EFD_CLOEXEC);
  if (wake_ < 0) {
    const int error = errno;
    io_uring_queue_exit(&ring_);
    throw_oserror(error, {"eventfd", {}, {}, 0});
  }
}

UringPoller::~UringPoller() { UringPoller::drop(); }

void UringPoller::enable() {
  if (enabled_) return;
  enabled_ = true;
  if (disabled_at_first_) enable_ring(ring_);
  listen_for_wake();
}

io_uring_sqe* UringPoller::submission() {
  enable();
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  while (sqe == nullptr) {
    must_be_allowed(io_uring_submit(&ring_));
    sqe = io_uring_get_sqe(&ring_);
  }
  return sqe;
}

void UringPoller::listen_for_wake() {
  io_uring_sqe* sqe = submission();
  io_uring_prep_read(sqe, wake_, &wake_count_, sizeof(wake_count_), 0);
  io_uring_sqe_set_data(sqe, &wake_count_);
}

void UringPoller::listen_aside() {
  io_uring_sqe* sqe = submission();
  io_uring_prep_poll_add(sqe, aside_descriptor_, POLLIN);
  io_uring_sqe_set_data(sqe, &aside_);
}

bool UringPoller::start(Operation& op) {
  op.place = in_ring;
  if (op.kind == OpKind::connect && op.address->sa_family == AF_UNIX) {  // it never waits
    op.result = sys::kernel().attempt(op);
    return true;
  }
  if (sys::peeks_for_all(op)) return start_aside(op);
  if ((op.kind == OpKind::send || op.kind == OpKind::sendmsg) && sends_aside(op.handle)) {
    op.result = sys::kernel().attempt(op);
    return !sys::must_wait(op.result) || start_aside(op);
  }
  io_uring_sqe* sqe = submission();
  int fd = op.handle.number;
  const auto size = static_cast<unsigned>(std::min(op.size, max_transfer));
  switch (op.kind) {
    case OpKind::recv:
      io_uring_prep_recv(sqe, fd, op.data, size, op.flags);
      break;
    case OpKind::send:
      io_uring_prep_send(sqe, fd, op.const_data, size, op.flags | MSG_NOSIGNAL);
      break;
    case OpKind::recvmsg:
      io_uring_prep_recvmsg(sqe, fd, op.message, static_cast<unsigned>(op.flags | MSG_CMSG_CLOEXEC));
      break;
    case OpKind::sendmsg:
      io_uring_prep_sendmsg(sqe, fd, op.message, static_cast<unsigned>(op.flags | MSG_NOSIGNAL));
      break;
    case OpKind::accept:
      if (op.peer != nullptr) op.peer->size = sizeof(op.peer->address);
      io_uring_prep_accept(sqe, fd, op.peer == nullptr ? nullptr : reinterpret_cast<sockaddr*>(&op.peer->address),
                           op.peer == nullptr ? nullptr : &op.peer->size, SOCK_CLOEXEC);
      break;
    case OpKind::connect:
      io_uring_prep_connect(sqe, fd, op.address, static_cast<socklen_t>(op.size));
      break;
    case OpKind::read:
      io_uring_prep_read(sqe, fd, op.data, size, -1ULL);
      break;
    case OpKind::write:
      io_uring_prep_write(sqe, fd, op.const_data, size, -1ULL);
      break;
    case OpKind::wait_in:
    case OpKind::wait_out:
      io_uring_prep_poll_add(sqe, fd, static_cast<unsigned>(sys::poll_events(op)));
      break;
  }
  io_uring_sqe_set_data(sqe, &op);
  return false;
}

bool UringPoller::sends_aside(sys::Handle handle) {
  const auto index = static_cast<std::size_t>(handle.number);
  if (index >= records_.size()) records_.resize(std::max(index + 1, records_.size() * 3 / 2));
  Record& record = records_[index];
  if (record.generation != handle.generation) record = {handle.generation, is_unix_datagram(handle.number)};
  return record.sends_aside;
}

void UringPoller::cancel(Operation& op) {
  if (op.place == aside) return aside_->cancel(op);
  op.place = leaving;
  io_uring_sqe* sqe = submission();
  io_uring_prep_cancel(sqe, &op, 0);
  io_uring_sqe_set_data(sqe, nullptr);
}

void UringPoller::complete(Operation& op, std::int64_t result) {
  const bool unfinished = is_unfinished(op, result);
  if (unfinished && op.place != leaving) return wait_aside(op);
  op.result = unfinished ? -ECANCELED : result;
  op.done(&op);
}

void UringPoller::wait_aside(Operation& op) {
  if (start_aside(op)) op.done(&op);
}

// Poller::start(), but a failure becomes the operation's result: some callers cannot catch.
bool UringPoller::start_aside(Operation& op) noexcept {
  try {
    if (!aside_) {
      aside_ = make_epoll_poller(aside_descriptor_);
      listen_aside();
    }
    op.place = aside;
    return aside_->start(op);
  } catch (const OSError& e) {
    op.result = -e.errc();
  } catch (const std::bad_alloc&) {
    op.result = -ENOMEM;
  }
  return true;
}

void UringPoller::wait(TimePoint deadline) {
  enable();
  if (deadline == TimePoint::min() || io_uring_cq_ready(&ring_) > 0) {
    must_be_allowed(io_uring_submit_and_get_events(&ring_));
  } else if (deadline == never) {
    must_be_allowed(io_uring_submit_and_wait(&ring_, 1));
  } else {
    Duration left = std::max(deadline - Clock::now(), Duration::zero());
    __kernel_timespec timeout{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
    io_uring_cqe* first = nullptr;
    must_be_allowed(io_uring_submit_and_wait_timeout(&ring_, &first, 1, &timeout, nullptr));
  }
  reap();
}

void UringPoller::reap() {
  io_uring_cqe* cqe = nullptr;
  unsigned head = 0;
  unsigned count = 0;
  bool woken = false;
  bool has_aside = false;
  io_uring_for_each_cqe(&ring_, head, cqe) {
    ++count;
    void* data = io_uring_cqe_get_data(cqe);
    if (data == &wake_count_) {
      woken = true;
    } else if (data == &aside_) {
      has_aside = true;
    } else if (data != nullptr) {
      complete(*static_cast<Operation*>(data), cqe->res);
    }
  }
  io_uring_cq_advance(&ring_, count);
  if (woken) listen_for_wake();
  if (!has_aside) return;
  aside_->wait(TimePoint::min());
  listen_aside();
}

}  // namespace

void probe_uring() {
  io_uring ring{};
  struct Exit {
    io_uring& ring;
    ~Exit() { io_uring_queue_exit(&ring); }
  };
  const bool disabled = set_up(ring, 4);
  const Exit exit{ring};
  const int enabled = disabled ? enable_ring(ring) : 0;
  if (enabled < 0) throw_oserror(-enabled, {"io_uring_register", {}, {}, 0});
  io_uring_prep_nop(io_uring_get_sqe(&ring));
  const int entered = io_uring_submit_and_wait(&ring, 1);
  if (entered < 0) throw_oserror(-entered, {"io_uring_enter", {}, {}, 0});
}

std::unique_ptr<sched::Poller> make_uring_poller() { return std::make_unique<UringPoller>(); }

}  // namespace loquat::io
