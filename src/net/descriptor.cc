#include "net/descriptor.h"

#include <cerrno>
#include <exception>
#include <stdexcept>

#include "loquat/fiber.h"
#include "net/filter.h"
#include "net/flight.h"
#include "sched/current_world.h"
#include "sys/kernel.h"

namespace loquat::net {

std::uint32_t next_generation() noexcept {
  static std::atomic<std::uint32_t> last{0};
  std::uint32_t generation = ++last;
  return generation != 0 ? generation : ++last;  // 0 means none
}

std::size_t checked_size(std::size_t size, const char* operation) {
  if (size > static_cast<std::size_t>(PTRDIFF_MAX)) {
    throw std::invalid_argument(std::string(operation) + ": " + std::to_string(size) +
                                " bytes are more than there can be; was it a negative number?");
  }
  return size;
}

std::shared_ptr<Descriptor> Descriptor::shared(const Socket& socket, const char* operation) {
  (void)socket.open_descriptor(operation);
  return socket.descriptor_;
}

Descriptor::Descriptor(sys::World& world, int number)
    : world_(world), handle_{number, next_generation()}, forks_(sys::forks()) {}

Descriptor::~Descriptor() = default;

std::shared_ptr<Descriptor> Descriptor::adopt(sys::World& world, int number) {
  try {
    return std::make_shared<Descriptor>(world, number);
  } catch (...) {
    world.close(number);
    throw;
  }
}

void Descriptor::set_filter(std::unique_ptr<Filter> filter) noexcept {
  filter->earlier = std::move(filters_);
  filters_ = std::move(filter);
  filter_.store(filters_.get(), std::memory_order_release);
}

void Descriptor::refuse_filter(const char* operation) const {
  if (filter() != nullptr) fail(-EOPNOTSUPP, operation);
}

sys::World& Descriptor::callers_world() noexcept {
  sys::World* world = sched::current_world();
  return world != nullptr ? *world : sys::kernel();
}

int Descriptor::number(const char* operation) const {
  if (closing()) throw_oserror(EBADF, {operation, {}, {}, 0});
  return handle_.number;
}

// An integer option of SOL_SOCKET; -1 if it cannot be read.
int Descriptor::option(int socket_option) const noexcept {
  int value = 0;
  socklen_t size = sizeof(value);
  return world_.getsockopt(handle_.number, SOL_SOCKET, socket_option, &value, &size) == 0 ? value : -1;
}

bool Descriptor::closing() const noexcept { return mutex_.closing(); }

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

// Keeps the number open while it is used, unless it may be closed already.
struct Descriptor::OpenGuard {
  explicit OpenGuard(FdMutex& mutex_) : mutex(mutex_), open(mutex.enter_to_look()) {}
  ~OpenGuard() {
    if (open) mutex.leave(Direction::none);
  }
  FdMutex& mutex;
  const bool open;
};

OSError::Context Descriptor::context(const char* operation, std::size_t done) const {
  const OpenGuard guard(mutex_);
  auto end = [&guard](auto ask) {
    sockaddr_storage storage;
    socklen_t size = sizeof(storage);
    if (!guard.open || ask(reinterpret_cast<sockaddr*>(&storage), &size) < 0) return std::string();
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

bool Descriptor::end_use() noexcept {
  return mutex_.close([this] {
    for (Flight* flight = flights_; flight != nullptr; flight = flight->next_flight) flight->cancel();
  });
}

bool Descriptor::hold() noexcept {
  notice_fork();
  return mutex_.hold();
}

void Descriptor::drop() noexcept {
  notice_fork();
  if (mutex_.drop()) close();
}

int Descriptor::close() noexcept {
  notice_fork();
  if (mutex_.put_off_close()) return 0;
  if (!end_use()) return -EBADF;
  if (filter() != nullptr) filter()->send_close_notify();
  return close_number();
}

// Whether close(2) may wait until the peer has acknowledged what was sent: socket(7), SO_LINGER.
bool Descriptor::lingers() const noexcept {
  ::linger value{};
  socklen_t size = sizeof(value);
  return world_.getsockopt(handle_.number, SOL_SOCKET, SO_LINGER, &value, &size) == 0 && value.l_onoff != 0 &&
         value.l_linger != 0;
}

int Descriptor::close_number() noexcept {
  if (sched::Worker::of_fiber() != nullptr && world_.is_kernel() && lingers()) {
    try {
      const CancelShield shield;
      return offload([this] { return world_.close(handle_.number); });
    } catch (const std::exception&) {
      // No thread can be started, or memory is short: the worker waits.
    }
  }
  return world_.close(handle_.number);
}

int Descriptor::detach() noexcept {
  notice_fork();
  return end_use() ? handle_.number : -1;
}

void Descriptor::reset_after_fork() noexcept {
  static sched::SpinLock one_at_a_time;
  const sched::SpinGuard guard(one_at_a_time);
  if (forks_.load(std::memory_order_relaxed) == sys::forks()) return;
  handle_.generation = next_generation();
  flights_ = nullptr;
  mutex_.reset_after_fork();
  forks_.store(sys::forks(), std::memory_order_release);
}

}  // namespace loquat::net
