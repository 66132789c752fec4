// descriptor.h - one open descriptor of a World: who uses it, who waits for whom, and how it is closed.
//
//   1. A call enters in a direction, performs operations, and leaves. Calls of one direction run one after the other,
//      in order of arrival; a Call in no direction (wait_readable) runs beside them.
//   2. close() marks it closing, lets go whoever queues, cancels the operations in flight on every worker and in every
//      thread, waits for the last user, and closes the number. So no operation ever meets a number that is used again.
//   3. An operation in flight is in flights_ from before its wait until after it. A cancel that was posted to another
//      worker has always arrived before the operation's owner goes on.
//
// Layer: net.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "loquat/detail/wait.h"
#include "loquat/error.h"
#include "loquat/socket.h"
#include "sched/worker.h"
#include "sys/kernel.h"

namespace loquat::net {

enum class Direction { in, out, none };

// Throws std::invalid_argument for more than PTRDIFF_MAX: a negative number, as Python's ValueError.
std::size_t checked_size(std::size_t size, const char* operation);
class Filter;

class Descriptor {
 public:
  Descriptor(sys::World& world, int number);
  ~Descriptor();

  // For a number that nobody else has yet: closes it if there is no memory.
  static std::shared_ptr<Descriptor> adopt(sys::World& world, int number);
  // The World of the calling fiber, or the kernel.
  static sys::World& callers_world() noexcept;
  // The descriptor of a socket; throws EBADF if it has none.
  static std::shared_ptr<Descriptor> shared(const Socket& socket, const char* operation);
  // Makes it a socket without descriptor, and closes nothing.
  static void forget(Socket& socket) noexcept { socket.descriptor_.reset(); }
  static Socket make_socket(std::shared_ptr<Descriptor> descriptor) { return Socket(std::move(descriptor)); }
  // A Socket's descriptor; throws EBADF if it has none.
  static Descriptor& of(const Socket& socket, const char* operation) { return socket.open_descriptor(operation); }

  sys::World& world() const noexcept { return world_; }
  // The number, for calls that do not wait. Throws EBADF once it is closing.
  int number(const char* operation) const;
  sys::Handle handle() const noexcept { return handle_; }
  bool closing() const noexcept;

  // Returns what close(2) does: 0 or -errno; -EBADF if it was closing already. While a stream (stream.h) holds the
  // descriptor it only takes note, and drop() of the last of them closes.
  int close() noexcept;
  // False: it is closing. Threads: as all others.
  bool hold() noexcept;
  void drop() noexcept;
  // The same, but leaves the number open and returns it; -1 if it was closing.
  int detach() noexcept;

  // What stands between the Socket's calls and this; nullptr: nothing (filter.h). Set before others use the socket.
  Filter* filter() const noexcept { return filter_.load(std::memory_order_acquire); }
  void set_filter(std::unique_ptr<Filter> filter) noexcept;
  // Goes on without it. It lives on: somebody may be waiting inside of it.
  void retire_filter() noexcept { filter_.store(nullptr, std::memory_order_release); }
  // For calls that pass filters by: throws EOPNOTSUPP if there is one.
  void refuse_filter(const char* operation) const;

  std::optional<Duration> timeout() const noexcept;
  void set_timeout(std::optional<Duration> timeout);

  // Where an operation on it stands: both ends, as far as they are known.
  OSError::Context context(const char* operation, std::size_t done = 0) const;
  // Throws the exception for -error (a result of the World), with both ends in it.
  [[noreturn]] void fail(std::int64_t error, const char* operation, std::size_t done = 0) const;

  // One call of a user, from entering to leaving.
  class Call {
   public:
    // Waits for its turn. The socket's timeout begins to run.
    Call(Descriptor& descriptor, Direction direction, const char* operation);
    // With a deadline of its own; TimePoint::min(): never waits. With `ends_on_signals`, a signal handler that runs in
    // a plain thread while it waits ends that: -EINTR, and from the constructor InterruptedError.
    Call(Descriptor& descriptor, Direction direction, const char* operation, TimePoint deadline,
         bool ends_on_signals = false);
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    // Does the operation and waits for its end. Returns its result, or a negative errno: -EBADF if the descriptor was
    // closed meanwhile, -EAGAIN if the timeout is 0, -ETIMEDOUT past the deadline. Throws Cancelled.
    std::int64_t perform(sys::Operation& operation);
    // The same for what follows in the same call: past the deadline it does not begin, though it might not have to
    // wait. So a peer that takes bytes for ever does not keep sendall() for ever.
    std::int64_t perform_next(sys::Operation& operation);
    // Whether perform() really had to wait.
    bool waited() const noexcept { return waited_; }
    // Whether -ETIMEDOUT was the deadline, and not what the kernel said of the connection.
    bool timed_out() const noexcept { return timed_out_; }
    bool never_waits() const noexcept { return never_waits_; }
    TimePoint deadline() const noexcept { return deadline_; }
    Descriptor& descriptor() const noexcept { return descriptor_; }
    const char* name() const noexcept { return name_; }

   private:
    void enter();
    void leave() noexcept;
    std::int64_t time_out() noexcept;
    [[noreturn]] void give_up(std::int64_t error);
    std::int64_t perform_once(sys::Operation& operation);
    std::int64_t perform_patiently(sys::Operation& operation);
    std::int64_t perform_whole(sys::Operation& operation);
    std::int64_t receive_all(sys::Operation& operation);
    std::int64_t receive_more(sys::Operation& operation);
    std::int64_t peek_all(sys::Operation& operation);
    std::int64_t perform_in_fiber(sched::Worker& worker, sys::Operation& operation);
    std::int64_t perform_in_thread(sys::Operation& operation);

    Descriptor& descriptor_;
    Direction direction_;
    const char* name_;
    TimePoint deadline_;
    bool never_waits_ = false;
    bool ends_on_signals_ = false;
    bool waited_ = false;
    bool timed_out_ = false;
  };

 private:
  struct Flight;
  struct Side {
    bool busy = false;
    sched::WaitList queue;
  };

  struct Visit;
  int option(int socket_option) const noexcept;
  // In the child of a fork(2) whoever used it is not there, and somebody may have held the lock.
  void notice_fork() noexcept {
    if (forks_.load(std::memory_order_acquire) != sys::forks()) begin_anew();
  }
  void begin_anew() noexcept;
  bool lingers() const noexcept;
  int close_number() noexcept;
  bool begin_closing() noexcept;
  void user_left() const noexcept;
  bool waits_for_streams() noexcept;
  void add(Flight& flight) noexcept;
  void remove(Flight& flight) noexcept;

  sys::World& world_;
  sys::Handle handle_;  // changes in begin_anew() only
  std::atomic<unsigned> forks_;
  std::atomic<Filter*> filter_{nullptr};
  std::unique_ptr<Filter> filters_;        // the last one that was set, which has those before it
  std::atomic<std::int64_t> timeout_{-1};  // nanoseconds; -1: none
  mutable sched::SpinLock lock_;           // of all below
  bool closing_ = false;
  mutable unsigned users_ = 0;
  unsigned streams_ = 0;
  bool close_wanted_ = false;
  Side sides_[2];
  Flight* flights_ = nullptr;
  mutable sched::WaitList last_user_;
};

}  // namespace loquat::net
