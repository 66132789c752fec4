#include "sched/run_log.h"

#include <cxxabi.h>
#include <sched.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string>

#include "loquat/error.h"
#include "loquat/fiber.h"
#include "loquat/timeout.h"

namespace loquat {

const char* CancelledError::what() const noexcept { return "the fiber was cancelled"; }

namespace sched {
namespace {

iovec piece(std::string_view text) { return {const_cast<char*>(text.data()), text.size()}; }

}  // namespace

void RunLog::write_error(std::string_view line) noexcept {
  writing_.fetch_add(1, std::memory_order_seq_cst);
  const bool to_sink = sink_ != nullptr && !closed_.load(std::memory_order_seq_cst);
  if (to_sink) write_log(sink_, LogLevel::error, line);
  writing_.fetch_sub(1, std::memory_order_release);
  if (to_sink) return;
  constexpr std::string_view prefix = "loquat: ";
  const iovec pieces[] = {piece(prefix), piece(line), piece("\n")};
  [[maybe_unused]] const ssize_t written = ::writev(STDERR_FILENO, pieces, 3);
}

void RunLog::close() noexcept {
  closed_.store(true, std::memory_order_seq_cst);
  while (writing_.load(std::memory_order_seq_cst) != 0) ::sched_yield();
}

namespace {

std::string readable(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status),
                                                    std::free);
  return status == 0 ? name.get() : type.name();
}

}  // namespace

std::string place_of(Place where, const std::type_info* body) {
  if (where.file != nullptr) {
    std::string_view file = where.file;
    while (file.starts_with("../")) file.remove_prefix(3);  // up from where it was compiled
    return std::string(file) + ":" + std::to_string(where.line);
  }
  return body == nullptr ? "?" : readable(*body);
}

namespace {

std::string origin_of(Place where, const std::type_info* body) {
  if (where.file == nullptr) return body == nullptr ? "a fiber" : "a fiber of " + readable(*body);
  return "a fiber spawned at " + place_of(where, body);
}

std::string describe(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& e) {
    return readable(typeid(e)) + ": " + e.what();
  } catch (...) {
    const std::type_info* type = abi::__cxa_current_exception_type();
    return type == nullptr ? "an unknown exception" : readable(*type);
  }
}

// TimedOut, when it has left its fiber.
class BlockTimeout final : public TimeoutError {
 public:
  explicit BlockTimeout(const TimedOut& e) : TimeoutError(ETIMEDOUT, {"Timeout", {}, {}, 0}), text_(e.what()) {}
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

}  // namespace

std::exception_ptr failure_of(const TimedOut& timed_out) { return std::make_exception_ptr(BlockTimeout(timed_out)); }

// Called in the handler of what the task's body threw.
void Task::fail(RunLog& log) noexcept {
  static const std::exception_ptr cancelled = std::make_exception_ptr(CancelledError());
  const bool again = failure_ != nullptr;
  try {
    throw;
  } catch (const TimedOut& e) {
    failure_ = failure_of(e);
  } catch (const Cancelled&) {
    failure_ = cancelled;
    asked_.store(true, std::memory_order_relaxed);  // a cancel is not reported
  } catch (...) {
    failure_ = std::current_exception();
  }
  if (again) return;
  body_ = body_type();
  log_ = &log;
  log.hold();
}

// Reports the failure: no handle is left to ask for it.
void Task::lose() noexcept {
  if (!asked_.exchange(true, std::memory_order_relaxed)) {
    try {
      log_->write_error(origin_of(origin_, body_) + " ended by " + describe(failure_));
    } catch (const std::bad_alloc&) {
      log_->write_error("a fiber ended by an exception");
    }
  }
}

void Task::forget() noexcept {
  lose();
  log_->drop();
}

void Task::throw_it() {
  asked_.store(true, std::memory_order_relaxed);
  std::rethrow_exception(failure_);
}

}  // namespace sched
}  // namespace loquat
