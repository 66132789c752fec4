// epoll_poller.cc - tries operations at once and keeps only those that have to wait.
//
//   1. A descriptor is added once, edge-triggered, for both directions. An edge makes its waiting operations try again.
//      An operation is kept only after the kernel has returned EAGAIN, so no edge is missed.
//   2. A record belongs to a descriptor number and to the generation that used it last. A new generation adds the
//      number again, and events that carry an old one are dropped. If epoll still has the number, both generations are
//      one open file (two Files of a terminal, a File and a Socket), and its waits go on. If not, the old one was
//      closed behind our back, and its waits end with EBADF.
//   3. A TCP connection that returned less than recv() asked for is empty until its next edge (epoll(7), question 9),
//      so a wait need not ask the kernel first. This does not hold after an edge with end of stream or an error: it
//      may be the last edge, and it came together with bytes.
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <vector>

#include "io/choose_poller.h"
#include "loquat/error.h"
#include "sys/kernel.h"

namespace loquat::io {
namespace {

using sys::must_wait;
using sys::Operation;
using sys::OpKind;

constexpr int events_per_wait = 256;

std::uint64_t pack(sys::Handle handle) {
  return std::uint64_t{handle.generation} << 32 | static_cast<std::uint32_t>(handle.number);
}

bool is_tcp(int fd) {
  int protocol = 0;
  socklen_t size = sizeof(protocol);
  return ::getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 && protocol == IPPROTO_TCP;
}

struct Waiting {  // operations in order of start
  Operation* head = nullptr;
  Operation* tail = nullptr;

  void push(Operation& op) {
    op.next = nullptr;
    op.previous = tail;
    (tail == nullptr ? head : tail->next) = &op;
    tail = &op;
  }
  void remove(Operation& op) {
    (op.previous == nullptr ? head : op.previous->next) = op.next;
    (op.next == nullptr ? tail : op.next->previous) = op.previous;
  }
};

class EpollPoller final : public sched::Poller {
 public:
  EpollPoller();
  ~EpollPoller() override;

  bool start(Operation& op) override;
  void cancel(Operation& op) override;
  void wait(TimePoint deadline) override;
  void wake() noexcept override {
    std::uint64_t one = 1;
    [[maybe_unused]] auto written = ::write(wake_, &one, sizeof(one));
  }
  void drop() noexcept override {
    ::close(wake_);
    ::close(epoll_);
  }
  const char* name() const noexcept override { return "epoll"; }
  int descriptor() const noexcept { return epoll_; }

 private:
  struct Record {
    std::uint32_t generation = 0;
    bool tcp = false;
    bool drained = false;  // nothing to receive until the next edge
    bool ending = false;   // an edge has announced end of stream, an error or urgent data
    Waiting in;
    Waiting out;
  };
  Record* find(const Operation& op) {
    const auto index = static_cast<std::size_t>(op.handle.number);
    if (index >= records_.size() || records_[index].generation != op.handle.generation) return nullptr;
    return &records_[index];
  }
  static void note(Record& record, const Operation& op);
  Waiting& list(const Operation& op) {
    Record& record = records_[static_cast<std::size_t>(op.handle.number)];
    return sys::poll_events(op.kind) == EPOLLIN ? record.in : record.out;
  }
  int know(sys::Handle handle);
  static void end_all(Waiting& waiting, int error);
  int wait_for_events(TimePoint deadline);
  void receive(Record& record, unsigned events);
  void try_again(Waiting& waiting);

  sys::World& kernel_ = sys::kernel();
  int epoll_ = -1;
  int wake_ = -1;
  std::vector<Record> records_;  // by descriptor number
  epoll_event events_[events_per_wait];
};

EpollPoller::EpollPoller() {
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) throw_oserror(errno, {"epoll_create1", {}, {}, 0});
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event event{EPOLLIN | EPOLLET, {.u64 = pack({wake_, 0})}};
  if (wake_ < 0 || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) < 0) {
    int error = errno;
    ::close(wake_);
    ::close(epoll_);
    throw_oserror(error, {"eventfd", {}, {}, 0});
  }
}

EpollPoller::~EpollPoller() { EpollPoller::drop(); }

// Adds the descriptor to epoll unless it is there.
int EpollPoller::know(sys::Handle handle) {
  auto index = static_cast<std::size_t>(handle.number);
  if (index >= records_.size()) records_.resize(std::max(index + 1, records_.size() * 3 / 2));
  Record& record = records_[index];
  if (record.generation == handle.generation) return 0;
  epoll_event event{EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET, {.u64 = pack(handle)}};
  int result = ::epoll_ctl(epoll_, EPOLL_CTL_ADD, handle.number, &event);
  const bool known = result < 0 && errno == EEXIST;
  if (known) result = ::epoll_ctl(epoll_, EPOLL_CTL_MOD, handle.number, &event);
  if (result < 0) return -errno;
  if (!known) {
    end_all(record.in, EBADF);
    end_all(record.out, EBADF);
  }
  record = Record{handle.generation, is_tcp(handle.number), false, false, record.in, record.out};
  return 0;
}

void EpollPoller::end_all(Waiting& waiting, int error) {
  while (Operation* op = waiting.head) {
    waiting.remove(*op);
    op->result = -error;
    op->done(op);
  }
}

// Notes what an attempt to receive tells about the bytes that are left.
void EpollPoller::note(Record& record, const Operation& op) {
  constexpr int harmless = MSG_DONTWAIT | MSG_WAITALL | MSG_NOSIGNAL;
  const bool takes = op.kind == OpKind::recv && (op.flags & ~harmless) == 0 && op.result > 0;
  if (takes && record.tcp && !record.ending && static_cast<std::size_t>(op.result) < op.size) record.drained = true;
}

bool EpollPoller::start(Operation& op) {
  Record* record = find(op);
  if (op.kind == OpKind::wait_in && record != nullptr && record->drained) {
    record->in.push(op);
    return false;
  }
  op.result = kernel_.attempt(op);
  if (!must_wait(op.result)) {
    if (record != nullptr) note(*record, op);
    return true;
  }
  int known = know(op.handle);
  if (known < 0) {
    op.result = known;
    return true;
  }
  list(op).push(op);
  return false;
}

void EpollPoller::cancel(Operation& op) {
  std::int64_t result = kernel_.attempt(op);  // a finished operation beats the cancel
  list(op).remove(op);
  op.result = must_wait(result) ? -ECANCELED : result;
  op.done(&op);
}

int EpollPoller::wait_for_events(TimePoint deadline) {
  if (deadline == never) return ::epoll_wait(epoll_, events_, events_per_wait, -1);
  if (deadline == TimePoint::min()) return ::epoll_wait(epoll_, events_, events_per_wait, 0);
  Duration left = std::max(deadline - Clock::now(), Duration::zero());
  timespec timeout{static_cast<time_t>(left.count() / 1'000'000'000), static_cast<long>(left.count() % 1'000'000'000)};
  int count = ::epoll_pwait2(epoll_, events_, events_per_wait, &timeout, nullptr);
  if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
  auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return ::epoll_wait(epoll_, events_, events_per_wait, static_cast<int>(std::min<std::int64_t>(milliseconds, 60'000)));
}

void EpollPoller::wait(TimePoint deadline) {
  int count = wait_for_events(deadline);
  for (int i = 0; i < count; ++i) {
    auto index = static_cast<std::uint32_t>(events_[i].data.u64);
    auto generation = static_cast<std::uint32_t>(events_[i].data.u64 >> 32);
    if (generation == 0) continue;  // wake()
    Record& record = records_[index];
    if (record.generation != generation) continue;
    constexpr unsigned ending = EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLPRI;
    constexpr unsigned in = EPOLLIN | ending;
    constexpr unsigned out = EPOLLOUT | EPOLLHUP | EPOLLERR;
    if ((events_[i].events & in) != 0) {
      record.drained = false;
      record.ending = record.ending || (events_[i].events & ending) != 0;
      receive(record, events_[i].events);
    }
    if ((events_[i].events & out) != 0) try_again(record.out);
  }
}

// A lone waiter is ready if the event says so. With others the first may take everything, so each asks the kernel.
void EpollPoller::receive(Record& record, unsigned events) {
  Operation* op = record.in.head;
  const bool alone = op != nullptr && op == record.in.tail && op->kind == OpKind::wait_in;
  if (!alone || (events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP)) == 0) return try_again(record.in);
  record.in.remove(*op);
  op->result = static_cast<std::int64_t>(events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP | EPOLLPRI));
  op->done(op);
}

// `done` only marks fibers ready, so no list changes under this.
void EpollPoller::try_again(Waiting& waiting) {
  for (Operation *op = waiting.head, *next; op != nullptr; op = next) {
    next = op->next;
    std::int64_t result = kernel_.attempt(*op);
    if (must_wait(result)) continue;
    waiting.remove(*op);
    op->result = result;
    op->done(op);
  }
}

}  // namespace

std::unique_ptr<sched::Poller> make_epoll_poller() { return std::make_unique<EpollPoller>(); }

std::unique_ptr<sched::Poller> make_epoll_poller(int& descriptor) {
  auto poller = std::make_unique<EpollPoller>();
  descriptor = poller->descriptor();
  return poller;
}

}  // namespace loquat::io
