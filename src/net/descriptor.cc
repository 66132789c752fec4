#include "net/descriptor.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include "loquat/fiber.h"
#include "net/filter.h"
#include "sys/kernel.h"

namespace loquat::net {
namespace {

std::uint32_t next_generation() {
  static std::atomic<std::uint32_t> last{0};
  std::uint32_t generation = ++last;
  return generation != 0 ? generation : ++last;  // 0 means none
}

// A plain thread waits in ppoll(2) for its descriptor and for this.
class ThreadWake {
 public:
  ThreadWake() {
    [[maybe_unused]] static const int registered = ::pthread_atfork(nullptr, nullptr, [] { ++forks; });
    open();
  }
  ~ThreadWake() { ::close(fd_); }
  ThreadWake(const ThreadWake&) = delete;
  ThreadWake& operator=(const ThreadWake&) = delete;

  // After a fork(2) the child's thread has its parent's eventfd, and would take the parent's wakes.
  void be_our_own() {
    if (forks_ == forks) return;
    ::close(fd_);
    open();
  }
  int fd() const { return fd_; }
  void wake() noexcept {
    std::uint64_t one = 1;
    [[maybe_unused]] auto written = ::write(fd_, &one, sizeof(one));
  }
  void drain() noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] auto got = ::read(fd_, &count, sizeof(count));
  }

 private:
  void open() {
    forks_ = forks;
    fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd_ < 0) throw_oserror(errno, {"eventfd", {}, {}, 0});
  }
  static inline std::atomic<unsigned> forks{0};  // that led to this process, from the first use on
  unsigned forks_ = 0;
  int fd_ = -1;
};

}  // namespace

// An operation that waits, on its owner's stack.
struct Descriptor::Flight : sched::Message {
  sched::Worker::Performance* fiber = nullptr;  // or
  ThreadWake* thread = nullptr;
  bool posted = false;   // a cancel is on its way to the fiber's worker
  bool arrived = false;  // it has been there
  Flight* previous = nullptr;
  Flight* next_flight = nullptr;

  // With the descriptor's lock held, by whoever closes.
  void cancel() noexcept {
    if (thread != nullptr) return thread->wake();
    if (sched::Worker::current() == &fiber->worker) return fiber->cancel();
    posted = true;
    run = [](sched::Message* message) noexcept {
      auto* self = static_cast<Flight*>(message);
      self->fiber->cancel();
      self->arrived = true;
      self->fiber->worker.make_ready(self->fiber->task);
    };
    fiber->worker.post(this);
  }
};

std::size_t checked_size(std::size_t size, const char* operation) {
  if (size > static_cast<std::size_t>(PTRDIFF_MAX)) {
    throw std::invalid_argument(std::string(operation) + ": a negative size");
  }
  return size;
}

std::shared_ptr<Descriptor> Descriptor::shared(const Socket& socket, const char* operation) {
  (void)socket.open_descriptor(operation);
  return socket.descriptor_;
}

Descriptor::Descriptor(sys::World& world, int number) : world_(world), handle_{number, next_generation()} {}

Descriptor::~Descriptor() = default;

void Descriptor::set_filter(std::unique_ptr<Filter> filter) noexcept { filter_ = std::move(filter); }

void Descriptor::refuse_filter(const char* operation) const {
  if (filter_) fail(-EOPNOTSUPP, operation);
}

sys::World& Descriptor::callers_world() noexcept {
  sys::World* world = sched::current_world();
  return world != nullptr ? *world : sys::kernel();
}

int Descriptor::number(const char* operation) const {
  if (closing()) throw_oserror(EBADF, {operation, {}, {}, 0});
  return handle_.number;
}

bool Descriptor::is_stream() const noexcept {
  int type = 0;
  socklen_t size = sizeof(type);
  return world_.getsockopt(handle_.number, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

bool Descriptor::closing() const noexcept {
  sched::SpinGuard guard(lock_);
  return closing_;
}

std::optional<Duration> Descriptor::timeout() const noexcept {
  std::int64_t timeout = timeout_.load(std::memory_order_relaxed);
  if (timeout < 0) return {};
  return Duration(timeout);
}

void Descriptor::set_timeout(std::optional<Duration> timeout) {
  if (timeout && *timeout < Duration::zero()) throw std::invalid_argument("settimeout: a timeout cannot be negative");
  int result = world_.set_nonblocking(number("settimeout"), timeout.has_value());
  if (result < 0) fail(result, "settimeout");
  timeout_.store(timeout ? timeout->count() : -1, std::memory_order_relaxed);
}

// Keeps the number open for a look at it, unless it may be closed already.
struct Descriptor::Visit {
  explicit Visit(const Descriptor& descriptor) : d(descriptor) {
    sched::SpinGuard guard(d.lock_);
    open = !d.closing_ || d.users_ != 0;
    if (open) ++d.users_;
  }
  ~Visit() {
    sched::SpinGuard guard(d.lock_);
    if (open) d.user_left();
  }
  const Descriptor& d;
  bool open;
};

OSError::Context Descriptor::context(const char* operation, std::size_t done) const {
  const Visit visit(*this);
  auto end = [&visit](auto ask) {
    sockaddr_storage storage;
    socklen_t size = sizeof(storage);
    if (!visit.open || ask(reinterpret_cast<sockaddr*>(&storage), &size) < 0) return std::string();
    return Address(reinterpret_cast<sockaddr*>(&storage), size).str();
  };
  int fd = handle_.number;
  std::string local = end([&](sockaddr* address, socklen_t* size) { return world_.getsockname(fd, address, size); });
  std::string peer = end([&](sockaddr* address, socklen_t* size) { return world_.getpeername(fd, address, size); });
  return {operation, std::move(local), std::move(peer), done};
}

void Descriptor::fail(std::int64_t error, const char* operation, std::size_t done) const {
  throw_oserror(static_cast<int>(-error), context(operation, done));
}

// --- closing -------------------------------------------------------------------------------------------------------

bool Descriptor::begin_closing() noexcept {
  lock_.lock();
  if (std::exchange(closing_, true)) {
    lock_.unlock();
    return false;
  }
  for (Side& side : sides_) {
    while (sched::Waiter* waiter = pop(side.queue)) wake(waiter);
  }
  for (Flight* flight = flights_; flight != nullptr; flight = flight->next_flight) flight->cancel();
  while (users_ != 0) {
    wait_shielded(lock_, last_user_, never);
    lock_.lock();
  }
  lock_.unlock();
  return true;
}

bool Descriptor::hold() noexcept {
  sched::SpinGuard guard(lock_);
  if (!closing_) ++streams_;
  return !closing_;
}

void Descriptor::drop() noexcept {
  lock_.lock();
  const bool last = --streams_ == 0 && close_wanted_;
  lock_.unlock();
  if (last) close();
}

bool Descriptor::waits_for_streams() noexcept {
  sched::SpinGuard guard(lock_);
  close_wanted_ = true;
  return streams_ != 0 && !closing_;
}

int Descriptor::close() noexcept {
  if (waits_for_streams()) return 0;
  if (!begin_closing()) return -EBADF;
  if (filter_) filter_->say_goodbye();
  return world_.close(handle_.number);
}

int Descriptor::detach() noexcept { return begin_closing() ? handle_.number : -1; }

void Descriptor::begin_anew() noexcept {
  handle_.generation = next_generation();
  lock_.unlock();
  users_ = 0;
  for (Side& side : sides_) side = {};
  flights_ = nullptr;
  last_user_ = {};
}

void Descriptor::add(Flight& flight) noexcept {
  flight.next_flight = flights_;
  if (flights_ != nullptr) flights_->previous = &flight;
  flights_ = &flight;
}

void Descriptor::remove(Flight& flight) noexcept {
  (flight.previous == nullptr ? flights_ : flight.previous->next_flight) = flight.next_flight;
  if (flight.next_flight != nullptr) flight.next_flight->previous = flight.previous;
}

// --- calls ---------------------------------------------------------------------------------------------------------

Descriptor::Call::Call(Descriptor& descriptor, Direction direction, const char* operation)
    : descriptor_(descriptor), direction_(direction), name_(operation) {
  auto timeout = descriptor.timeout();
  never_waits_ = timeout == Duration::zero();
  deadline_ = timeout && !never_waits_ ? sched::deadline_from_now(*timeout) : never;
  enter();
}

Descriptor::Call::Call(Descriptor& descriptor, Direction direction, const char* operation, TimePoint deadline,
                       bool ends_on_signals)
    : descriptor_(descriptor),
      direction_(direction),
      name_(operation),
      deadline_(deadline),
      never_waits_(deadline == TimePoint::min()),
      ends_on_signals_(ends_on_signals) {
  enter();
}

Descriptor::Call::~Call() { leave(); }

void Descriptor::Call::enter() {
  Descriptor& d = descriptor_;
  d.lock_.lock();
  if (d.closing_) {
    d.lock_.unlock();
    throw_oserror(EBADF, {name_, {}, {}, 0});
  }
  ++d.users_;
  if (direction_ == Direction::none) return d.lock_.unlock();
  Side& side = d.sides_[direction_ == Direction::in ? 0 : 1];
  if (!std::exchange(side.busy, true)) return d.lock_.unlock();
  if (never_waits_) {
    d.lock_.unlock();
    give_up(-EAGAIN);
  }
  bool mine = false;
  bool signalled = false;
  try {
    mine = wait(d.lock_, side.queue, deadline_, ends_on_signals_ ? &signalled : nullptr);
  } catch (...) {
    direction_ = Direction::none;
    leave();
    throw;
  }
  bool closing = d.closing();
  if (mine && !closing) return;
  give_up(closing ? -EBADF : signalled ? -EINTR : -ETIMEDOUT);
}

void Descriptor::Call::give_up(std::int64_t error) {
  direction_ = Direction::none;
  try {
    descriptor_.fail(error, name_);
  } catch (...) {
    leave();
    throw;
  }
}

void Descriptor::Call::leave() noexcept {
  Descriptor& d = descriptor_;
  sched::SpinGuard guard(d.lock_);
  if (direction_ != Direction::none) {
    Side& side = d.sides_[direction_ == Direction::in ? 0 : 1];
    if (sched::Waiter* next = pop(side.queue)) {
      wake(next);
    } else {
      side.busy = false;
    }
  }
  d.user_left();
}

// With the lock held.
void Descriptor::user_left() const noexcept {
  if (--users_ != 0 || !closing_) return;
  if (sched::Waiter* closer = pop(last_user_)) wake(closer);
}

std::int64_t Descriptor::Call::perform(sys::Operation& operation) {
  operation.handle = descriptor_.handle_;
  constexpr int whole = MSG_WAITALL, not_whole = MSG_PEEK | MSG_DONTWAIT;
  const bool all = operation.kind == sys::OpKind::recv && (operation.flags & (whole | not_whole)) == whole;
  return all && !never_waits_ && descriptor_.is_stream() ? perform_all(operation) : perform_once(operation);
}

// MSG_WAITALL: the same on every poller, though not each can wait for more than has come. What has come counts more
// than why there is no more of it.
std::int64_t Descriptor::Call::perform_all(sys::Operation& operation) {
  std::int64_t done = 0;
  operation.flags &= ~MSG_WAITALL;
  for (;;) {
    std::int64_t result = 0;
    try {
      result = perform_once(operation);
    } catch (const sched::Cancelled&) {
      if (done == 0) throw;
      sched::Worker::current()->cancel(sched::Worker::current()->task());  // at the next wait
    }
    if (result <= 0) return done > 0 ? done : result;
    done += result;
    if (static_cast<std::size_t>(result) == operation.size) return done;
    operation.data = static_cast<char*>(operation.data) + result;
    operation.size -= static_cast<std::size_t>(result);
  }
}

std::int64_t Descriptor::Call::perform_once(sys::Operation& operation) {
  if (never_waits_ || (operation.flags & MSG_DONTWAIT) != 0) return descriptor_.world_.attempt(operation);
  sched::Worker* worker = sched::Worker::of_fiber();
  for (;;) {
    std::int64_t result = worker != nullptr && &worker->world() == &descriptor_.world_
                              ? perform_in_fiber(*worker, operation)
                              : perform_in_thread(operation);
    if (result != -EINTR || ends_on_signals_) return result;
  }
}

std::int64_t Descriptor::Call::perform_next(sys::Operation& operation) {
  if (!never_waits_ && deadline_ != never && now() >= deadline_) return time_out();
  return perform(operation);
}

std::int64_t Descriptor::Call::time_out() noexcept {
  timed_out_ = true;
  return -ETIMEDOUT;
}

std::int64_t Descriptor::Call::perform_connect(sys::Operation& operation) {
  using namespace std::chrono_literals;
  for (Duration pause = 1ms;; pause = std::min<Duration>(2 * pause, 50ms)) {
    const std::int64_t result = perform(operation);
    if (result != -EBUSY) return result;
    if (never_waits_) return -EAGAIN;
    if (descriptor_.closing()) return -EBADF;
    if (deadline_ != never) pause = std::min(pause, deadline_ - now());
    if (pause <= Duration::zero()) return time_out();
    waited_ = true;
    sched::SpinLock lock;
    sched::WaitList nobody;
    bool signalled = false;
    lock.lock();
    wait(lock, nobody, sched::deadline_from_now(pause), ends_on_signals_ ? &signalled : nullptr);
    if (signalled) return -EINTR;
  }
}

std::int64_t Descriptor::Call::perform_in_fiber(sched::Worker& worker, sys::Operation& operation) {
  Descriptor& d = descriptor_;
  sched::Worker::Performance performance(worker, operation);
  if (performance.begin()) return operation.result;
  waited_ = true;
  Flight flight;
  flight.fiber = &performance;
  d.lock_.lock();
  d.add(flight);
  bool closing = d.closing_;
  d.lock_.unlock();
  if (closing) performance.cancel();
  performance.end(deadline_);
  d.lock_.lock();
  d.remove(flight);
  closing = d.closing_;
  d.lock_.unlock();
  while (flight.posted && !flight.arrived) worker.park();
  if (operation.result != -ECANCELED) return operation.result;
  if (closing) return -EBADF;
  if (worker.interrupted() == sched::Interrupt::timeout) return time_out();
  worker.throw_if_cancelled();
  return -EINTR;
}

std::int64_t Descriptor::Call::perform_in_thread(sys::Operation& operation) {
  Descriptor& d = descriptor_;
  if (!d.world_.is_kernel()) throw std::logic_error("a simulated socket is used outside of its simulation");
  static thread_local ThreadWake thread;
  thread.be_our_own();
  for (;;) {
    std::int64_t result = operation.result = d.world_.attempt(operation);
    if (!sys::must_wait(result)) return result;
    waited_ = true;
    Flight flight;
    flight.thread = &thread;
    d.lock_.lock();
    if (d.closing_) {
      d.lock_.unlock();
      return -EBADF;
    }
    thread.drain();
    d.add(flight);
    d.lock_.unlock();
    pollfd waiting[2] = {{d.handle_.number, sys::poll_events(operation.kind), 0}, {thread.fd(), POLLIN, 0}};
    timespec left{};
    if (deadline_ != never) {
      auto remaining = std::max(deadline_ - Clock::now(), Duration::zero()).count();
      left = {static_cast<time_t>(remaining / 1'000'000'000), static_cast<long>(remaining % 1'000'000'000)};
    }
    int count = ::ppoll(waiting, 2, deadline_ == never ? nullptr : &left, nullptr);
    const bool signalled = count < 0 && errno == EINTR && ends_on_signals_;
    d.lock_.lock();
    d.remove(flight);
    bool closing = d.closing_;
    d.lock_.unlock();
    if (count == 0 || signalled) {  // what has finished beats both
      result = operation.result = d.world_.attempt(operation);
      if (!sys::must_wait(result)) return result;
      return signalled ? -EINTR : time_out();
    }
    if (closing) return -EBADF;
  }
}

}  // namespace loquat::net
