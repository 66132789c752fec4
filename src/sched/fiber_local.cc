#include "loquat/fiber_local.h"

#include <atomic>
#include <string>
#include <utility>

#include "loquat/fiber.h"
#include "sched/run_log.h"
#include "sched/workers.h"

namespace loquat {
namespace sched {

Local* Locals::find(std::uint64_t key) const noexcept {
  Local* at = first;
  while (at != nullptr && at->key_ != key) at = at->next_;
  return at;
}

void Locals::add(Local* local) noexcept {
  local->round_ = round;
  local->next_ = std::exchange(first, local);
}

unsigned Locals::clear() noexcept {
  unsigned left = 0;
  while (first != nullptr) {
    const Local* const local = std::exchange(first, first->next_);
    if (local->round_ == rounds) {
      ++left;
      continue;
    }
    round = local->round_ + 1;
    delete local;
  }
  round = 0;  // the fiber may run once more, to destroy its result
  return left;
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

namespace sched {

void Worker::leave_locals(Task& task, unsigned count) noexcept {
  try {
    workers_.log_->write_error("the fiber spawned at " + place_of(task.origin_, task.body_type()) + " leaves " +
                               std::to_string(count) + (count == 1 ? " value" : " values") +
                               " of a FiberLocal behind: destructors make new ones each time");
  } catch (const std::bad_alloc&) {  // no memory for the line
  }
}

namespace {

// A signal's handler may read it while it is set: it points to the old text or to the new one.
class Name final : public Local {
 public:
  static constexpr std::uint64_t key = 0;  // new_local_key() gives none such
  Name() : Local(key) {}
  ~Name() override { delete text_.load(std::memory_order_relaxed); }
  void set(std::string text) { delete text_.exchange(new std::string(std::move(text)), std::memory_order_relaxed); }
  const char* text() const noexcept {
    const std::string* const text = text_.load(std::memory_order_relaxed);
    return text == nullptr ? "" : text->c_str();
  }

 private:
  std::atomic<const std::string*> text_{nullptr};
};

}  // namespace

const char* name_of(const Locals& locals) noexcept {
  const auto* const name = static_cast<const Name*>(locals.find(Name::key));
  return name == nullptr ? "" : name->text();
}

}  // namespace sched

void set_fiber_name(std::string text) {
  sched::Locals& mine = sched::my_locals();
  auto* name = static_cast<sched::Name*>(mine.find(sched::Name::key));
  if (name == nullptr) mine.add(name = new sched::Name);
  name->set(std::move(text));
}

std::string fiber_name() { return sched::name_of(sched::my_locals()); }

}  // namespace loquat
