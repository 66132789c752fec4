// descriptor.h - one open descriptor of a World: its users, its operations in flight, and its end.
//
//   1. A Call (call.h) enters in a direction, performs operations, and leaves. FdMutex (fd_mutex.h) gives the turns.
//   2. close() refuses new users, cancels the operations in flight on every worker and in every thread, waits for the
//      last user, and closes the number. So no operation ever meets a number that is used again.
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

#include "loquat/error.h"
#include "loquat/socket.h"
#include "net/fd_mutex.h"
#include "sched/worker.h"
#include "sys/kernel.h"

namespace loquat::net {

// Returns size. Throws std::invalid_argument if it exceeds PTRDIFF_MAX (a negative value converted to size_t).
std::size_t checked_size(std::size_t size, const char* operation);
// For a sys::Handle: a number that no other handle has.
std::uint32_t next_generation() noexcept;

class Filter;

class Descriptor {
 public:
  Descriptor(sys::World& world, int number);
  ~Descriptor();

  // Takes over a new number. Closes it if there is no memory.
  static std::shared_ptr<Descriptor> adopt(sys::World& world, int number);
  // The World of the calling fiber, or the kernel.
  static sys::World& callers_world() noexcept;
  // The descriptor of a socket; throws EBADF if it has none.
  static std::shared_ptr<Descriptor> shared(const Socket& socket, const char* operation);
  // Takes the descriptor away from a socket without closing it.
  static void forget(Socket& socket) noexcept { socket.descriptor_.reset(); }
  static Socket make_socket(std::shared_ptr<Descriptor> descriptor) { return Socket(std::move(descriptor)); }
  // A Socket's descriptor; throws EBADF if it has none.
  static Descriptor& of(const Socket& socket, const char* operation) { return socket.open_descriptor(operation); }

  sys::World& world() const noexcept { return world_; }
  // The number, for calls that do not wait. Throws EBADF once it is closing.
  int number(const char* operation) const;
  sys::Handle handle() const noexcept { return handle_; }
  bool closing() const noexcept;

  // Returns what close(2) does: 0 or -errno; -EBADF if it was closing already. While streams (stream.h) hold the
  // descriptor it returns 0, and the drop() of the last stream closes.
  int close() noexcept;
  // False: it is closing.
  bool hold() noexcept;
  void drop() noexcept;
  // Ends its use as close() does, but leaves the number open and returns it; -1 if it was closing.
  int detach() noexcept;

  // The filter between the Socket's calls and this descriptor (filter.h); nullptr: none. Set it before others use the
  // socket.
  Filter* filter() const noexcept { return filter_.load(std::memory_order_acquire); }
  void set_filter(std::unique_ptr<Filter> filter) noexcept;
  // Removes the filter from later calls. It is not destroyed, since a call may still be waiting in it.
  void retire_filter() noexcept { filter_.store(nullptr, std::memory_order_release); }
  // For calls that would bypass a filter: throws EOPNOTSUPP if there is one.
  void refuse_filter(const char* operation) const;

  std::optional<Duration> timeout() const noexcept;
  void set_timeout(std::optional<Duration> timeout);

  // What errors say about the operation: its name, both addresses as far as they are known, the bytes moved.
  OSError::Context context(const char* operation, std::size_t done = 0) const;
  // Throws the exception for -error (a result of the World), with both ends in it.
  [[noreturn]] void fail(std::int64_t error, const char* operation, std::size_t done = 0) const;

  class Call;  // call.h

 private:
  struct Flight;
  struct OpenGuard;
  int option(int socket_option) const noexcept;
  // In the child of a fork(2) the users are gone, and one of them may have had the lock.
  void notice_fork() noexcept {
    if (forks_.load(std::memory_order_acquire) != sys::forks()) reset_after_fork();
  }
  void reset_after_fork() noexcept;
  bool lingers() const noexcept;
  int close_number() noexcept;
  bool end_use() noexcept;
  // Both return whether it is closing.
  bool add(Flight& flight) noexcept;
  bool remove(Flight& flight) noexcept;

  sys::World& world_;
  sys::Handle handle_;  // changes in reset_after_fork() only
  std::atomic<unsigned> forks_;
  std::atomic<Filter*> filter_{nullptr};
  std::unique_ptr<Filter> filters_;        // the last one set, which owns the earlier ones
  std::atomic<std::int64_t> timeout_{-1};  // nanoseconds; -1: none
  mutable FdMutex mutex_;
  Flight* flights_ = nullptr;  // with mutex_ locked
};

}  // namespace loquat::net
