#include "sched/current_world.h"

#include "sched/worker.h"

namespace loquat::sched {

namespace {
thread_local sys::World* thread_world = nullptr;
}

sys::World* current_world() noexcept {
  Worker* worker = Worker::current();
  return worker == nullptr ? thread_world : &worker->world();
}

void set_thread_world(sys::World* world) noexcept { thread_world = world; }

}  // namespace loquat::sched
