// serving.h - what StreamServer and DatagramServer have in common: handlers in fibers, start, close and stop.
//
//   1. `serving_` is the fiber that accepts or receives. It runs while `closed_` is false, and ends when close()
//      cancels it or by a failure of its socket.
//   2. It alone starts handlers. So once it has ended, the handlers become fewer until stop() has none left.
//
// Layer: server.
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <string>
#include <utility>

#include "loquat/address.h"
#include "loquat/fiber.h"
#include "loquat/group.h"
#include "loquat/log.h"
#include "loquat/sync.h"
#include "loquat/time.h"
#include "loquat/timeout.h"

namespace loquat::server {

class Serving {
 public:
  // `name` begins each line in the log.
  Serving(std::string name, LogSink* log, std::size_t max_handlers);
  virtual ~Serving() = default;  // after stop()
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;

  // As those of StreamServer.
  void start();
  void close() noexcept;
  bool stop(Duration timeout);
  void serve_forever(Duration stop_timeout);
  std::size_t handlers() const noexcept { return handlers_.size(); }

 protected:
  // Runs call(peer) in a fiber of this worker, when there is room. Logs its failure.
  template <class Call>
  void spawn_handler(const Address& peer, Call call) {
    handlers_.spawn(logged(peer, std::move(call)));
  }
  // As spawn_handler() if there is room now. Returns whether there was.
  template <class Call>
  bool try_spawn_handler(const Address& peer, Call call) {
    return handlers_.try_spawn(logged(peer, std::move(call))).has_value();
  }
  // After Cancelled in serve(): whether stop() waits for handlers, so that the last clients can still be served.
  bool is_graceful() const noexcept { return graceful_; }
  bool closed() const noexcept { return closed_; }
  const std::string& name() const noexcept { return name_; }
  LogSink* log() const noexcept { return log_; }

 private:
  template <class Call>
  auto logged(const Address& peer, Call call) {
    return [this, peer, call = std::move(call)]() mutable {
      try {
        call(std::as_const(peer));
      } catch (const TimedOut& e) {
        log_failure(peer, sched::failure_of(e));
      } catch (const Cancelled&) {
        throw;
      } catch (...) {
        log_failure(peer, std::current_exception());
      }
    };
  }
  // In start(): opens what was closed.
  virtual void open() = 0;
  // In the fiber `serving_`: until it is cancelled, fails, or has been closed.
  virtual void serve() = 0;
  // In close(): refuses new clients.
  virtual void refuse() noexcept = 0;
  // When the last handler has ended.
  virtual void release() noexcept = 0;
  void run();
  void log_failure(const Address& peer, const std::exception_ptr& failure) const noexcept;

  const std::string name_;
  LogSink* const own_log_;
  LogSink* log_ = nullptr;  // since start(): own_log_, or the run's
  Mutex mutex_;             // held by start() and by stop() until its end
  std::atomic<bool> closed_{true};
  std::atomic<bool> graceful_{false};
  std::exception_ptr failure_;
  Fiber<> serving_;
  Pool handlers_;
};

}  // namespace loquat::server
