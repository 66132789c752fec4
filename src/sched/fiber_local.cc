#include "loquat/fiber_local.h"

#include <atomic>
#include <string>
#include <utility>

#include "loquat/fiber.h"
#include "sched/worker.h"

namespace loquat {
namespace sched {

Local* Locals::find(std::uint64_t key) const noexcept {
  Local* at = first;
  while (at != nullptr && at->key_ != key) at = at->next_;
  return at;
}

void Locals::add(Local* local) noexcept { local->next_ = std::exchange(first, local); }

void Locals::clear() noexcept {
  while (first != nullptr) delete std::exchange(first, first->next_);
}

std::uint64_t new_local_key() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

Locals& my_locals() noexcept {
  static thread_local struct OfThread : Locals {
    ~OfThread() { clear(); }
  } of_thread;
  if (Worker* const worker = Worker::of_fiber()) return worker->locals();
  return of_thread;
}

}  // namespace sched

namespace {

// A function, so that it exists before the first use of any other static object.
const FiberLocal<std::string>& name() {
  static const FiberLocal<std::string> of_fiber;
  return of_fiber;
}

}  // namespace

void set_fiber_name(std::string text) { *name() = std::move(text); }

std::string fiber_name() { return *name(); }

}  // namespace loquat
