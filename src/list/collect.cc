#include "list/fibers.h"
#include "sched/run_log.h"

namespace loquat::list {
namespace {

FiberInfo info_of(sched::Worker& worker, const sched::TaskView& task) {
  FiberInfo info;
  info.number = task.number();
  info.parent = task.parent();
  info.worker = worker.index();
  info.name = sched::name_of(task.locals());
  info.spawned = info.number == 1 ? "main" : sched::place_of(task.origin(), task.body());
  info.stack_used = task.stack_used();
  info.stack_size = task.stack_size();
  if (task.running()) info.state = FiberInfo::State::running;
  if (task.running() || task.ready()) return info;
  info.state = FiberInfo::State::waiting;
  info.call = task.call() == nullptr ? "" : task.call();
  info.descriptor = task.descriptor();
  info.waited = worker.workers().since(task.waits_since());
  return info;
}

}  // namespace

void collect(sched::Worker& worker, std::vector<FiberInfo>& into) {
  worker.each([&](const sched::TaskView& task) { into.push_back(info_of(worker, task)); });
}

}  // namespace loquat::list
