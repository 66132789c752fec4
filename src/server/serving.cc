#include "server/serving.h"

#include <mutex>
#include <new>
#include <stdexcept>
#include <string>

#include "loquat/error.h"
#include "sched/workers.h"
#include "server/log_line.h"

namespace loquat::server {
namespace {

constexpr Duration again = std::chrono::seconds(1);  // a handler that has caught Cancelled is told once more

LogSink* log_of_run() noexcept {
  const sched::Worker* worker = sched::Worker::of_fiber();
  return worker == nullptr ? nullptr : worker->workers().log();
}

// What a client can do to its own connection.
bool is_the_clients(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const ConnectionError&) {
    return true;
  } catch (const TimeoutError&) {
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace

Serving::Serving(std::string name, LogSink* log, std::size_t max_handlers)
    : name_(std::move(name)), own_log_(log), handlers_(max_handlers) {
  handlers_.let_failures_alone();
}

void Serving::start() {
  const std::lock_guard lock(mutex_);
  if (!closed_) return;
  if (serving_) serving_.join();
  log_ = own_log_ != nullptr ? own_log_ : log_of_run();
  open();
  failure_ = nullptr;
  graceful_ = false;
  serving_ = spawn([this] { run(); });
  closed_ = false;
}

void Serving::run() {
  std::exception_ptr failure;
  try {
    serve();
  } catch (const Cancelled&) {
    throw;
  } catch (...) {
    failure = std::current_exception();
  }
  if (closed_) return;  // it failed because it was closed
  failure_ = failure;
  write_line(log_, LogLevel::error, {name_, ": serving has ended: ", what_of(failure)});
  close();
}

void Serving::close() noexcept {
  if (!closed_.exchange(true)) serving_.cancel();
  refuse();
}

bool Serving::stop(Duration timeout) {
  try {
    (void)handlers_.join_for(Duration::zero());
  } catch (const std::logic_error&) {
    throw std::logic_error(name_ + ": stop() in a handler would wait for itself; call close()");
  }
  const std::lock_guard lock(mutex_);
  graceful_ = timeout > Duration::zero();
  if (!closed_.exchange(true)) serving_.cancel();
  if (serving_) serving_.join();
  refuse();
  const bool graceful = handlers_.join_for(timeout);
  for (bool ended = graceful; !ended; ended = handlers_.join_for(again)) handlers_.cancel();
  release();
  return graceful;
}

void Serving::serve_forever(Duration stop_timeout) {
  start();
  try {
    serving_.join();
  } catch (const Cancelled&) {
    stop(stop_timeout);
    throw;
  }
  stop(stop_timeout);
  if (failure_) std::rethrow_exception(failure_);
}

void Serving::log_failure(const Address& peer, const std::exception_ptr& failure) const noexcept try {
  const bool clients = is_the_clients(failure);
  if (log_ == nullptr && !clients) {
    spawn([failure] { std::rethrow_exception(failure); });  // nobody asks for it, so standard error gets it
    return;
  }
  write_line(log_, clients ? LogLevel::info : LogLevel::error,
             {name_, ": ", peer.str(), clients ? ": " : ": the handler failed: ", what_of(failure)});
} catch (const std::bad_alloc&) {
  write_log(log_, LogLevel::error, "a handler failed");
}

}  // namespace loquat::server
