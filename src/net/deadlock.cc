#include "net/deadlock.h"

#include <algorithm>

#include "list/fibers.h"

namespace loquat::net {

DeadlockReport::DeadlockReport(std::size_t workers) : questions_(workers) {}

// All mailboxes are empty, so no question of an earlier call is under way.
void DeadlockReport::stuck(sched::Workers& workers) noexcept {
  if ((workers.stopping() ? cannot_end_ : found_).exchange(true)) return;
  missing_ = workers.size();
  for (std::size_t i = 0; i < workers.size(); ++i) {
    Question& question = questions_[i];
    question.report = this;
    question.worker = &workers[i];
    question.run = [](sched::Message* message) noexcept {
      const auto* const asked = static_cast<Question*>(message);
      asked->report->answer(*asked->worker);
    };
    workers[i].post(&question);
  }
}

void DeadlockReport::answer(sched::Worker& worker) noexcept {
  const std::lock_guard guard(mutex_);
  try {
    list::collect(worker, fibers_);
  } catch (const std::bad_alloc&) {  // the list is shorter
  }
  if (--missing_ == 0) conclude(worker.workers());
}

void DeadlockReport::conclude(sched::Workers& workers) noexcept {
  if (!workers.stopping()) {
    verdict_ = text("run: deadlock: every fiber waits for another one");
    return workers.stop();
  }
  write_log(workers.log(), LogLevel::error, text("run cannot end: fibers that were told to end wait for others"));
}

std::string DeadlockReport::text(const char* what) noexcept {
  std::string all;
  try {
    all = what;
    std::sort(fibers_.begin(), fibers_.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
    all += "\n" + list::tree_of(fibers_, 100);
    all.pop_back();
  } catch (const std::bad_alloc&) {
  }
  fibers_.clear();
  return all;
}

}  // namespace loquat::net
