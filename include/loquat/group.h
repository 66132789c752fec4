// group.h - Group: fibers that belong together; Pool: at most so many of them at once.
//
//   Group group;
//   group.spawn([&] { copy(client, server); });
//   group.spawn([&] { copy(server, client); });
//   group.join();  // both have ended; if one failed, the other was cancelled, and this throws the failure
//
// True of every call in this file:
//   Failure   The first fiber that ends by an exception other than Cancelled cancels all others of its group, and those
//             that are spawned until join() has thrown that exception. What fails later is logged, as for any fiber
//             whose failure nobody asks for; so is the first failure if the group is destroyed without a join().
//   End       The destructor cancels the fibers that are left and waits for their end, also while an exception unwinds.
//             So bodies may refer to what was made before the group.
//   Threads   Every call may be made from any fiber, worker or thread; spawn() as in fiber.h.
//   Cancel    join() throws Cancelled if its caller is cancelled. The group's fibers go on until the destructor.
//
// Layer: sync (docs/layers.txt).  Source: gevent.pool Group and Pool; Python's asyncio.TaskGroup.
#pragma once

#include <cstddef>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "loquat/detail/members.h"
#include "loquat/fiber.h"
#include "loquat/sync.h"

namespace loquat {

class Group {
 public:
  Group() = default;
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  // As spawn() and spawn_on() of fiber.h, for a fiber of this group.
  template <class F>
  auto spawn(F&& body, sched::Place where = sched::Place::here()) -> Fiber<std::invoke_result_t<std::decay_t<F>>> {
    using Body = sched::MemberBody<std::decay_t<F>>;
    return sched::Spawner::start(sched::Spawner::make<Body>(where, members_, std::forward<F>(body)));
  }
  template <class F>
  auto spawn_on(std::size_t worker, F&& body, sched::Place where = sched::Place::here())
      -> Fiber<std::invoke_result_t<std::decay_t<F>>> {
    using Body = sched::MemberBody<std::decay_t<F>>;
    return sched::Spawner::start_on(worker, sched::Spawner::make<Body>(where, members_, std::forward<F>(body)));
  }

  // Waits until all have ended, also those that are spawned meanwhile. Throws what the first one that failed threw. The
  // group can be used again afterwards. Throws std::logic_error in a fiber of the group, which would wait for itself.
  void join() { (void)members_.join(never); }
  // As join(), but for at most `timeout`. Returns whether all have ended.
  bool join_for(AnyDuration timeout) { return members_.join(sched::deadline_from_now(timeout)); }

  // Cancels all fibers that are in the group now; those that have not begun never begin. Returns at once.
  void cancel() noexcept { members_.cancel(); }

  // The number of fibers that have not ended.
  std::size_t size() const noexcept { return members_.size(); }

 private:
  sched::Members members_;
};

// A group in which at most `size` fibers run at once: spawn() waits for room.
class Pool {
 public:
  explicit Pool(std::size_t size) : room_(size) {}

  // As Group::spawn(), when there is room.
  template <class F>
  auto spawn(F&& body, sched::Place where = sched::Place::here()) -> Fiber<std::invoke_result_t<std::decay_t<F>>> {
    return spawn_in(group_, std::forward<F>(body), where);
  }
  // As spawn() if there is room now, else nothing; `body` is then left unchanged.
  template <class F>
  auto try_spawn(F&& body, sched::Place where = sched::Place::here())
      -> std::optional<Fiber<std::invoke_result_t<std::decay_t<F>>>> {
    if (!room_.try_acquire()) return std::nullopt;
    return group_.spawn(with_place(Place(room_), std::forward<F>(body)), where);
  }

  // Calls f(item) for each of `items`, each call in a fiber, and returns the results in the order of the items (void if
  // f returns nothing). Throws what the first call that failed threw, when the others, which it cancels, have ended.
  // `items` and `f` must not change meanwhile. A call of another worker or thread shares the room.
  template <class Items, class F>
  auto map(Items&& items, F&& f) {
    using Result = std::invoke_result_t<F&, decltype(*std::begin(items))>;
    Group calls;
    if constexpr (std::is_void_v<Result>) {
      for (auto&& item : items) spawn_in(calls, [&f, &item] { f(item); }, {});
      calls.join();
    } else {
      std::vector<Fiber<Result>> fibers;
      for (auto&& item : items) fibers.push_back(spawn_in(calls, [&f, &item] { return f(item); }, {}));
      calls.join();
      std::vector<Result> results;
      results.reserve(fibers.size());
      for (auto& each : fibers) results.push_back(each.get());
      return results;
    }
  }

  // As Group's, of the fibers of spawn().
  void join() { group_.join(); }
  bool join_for(AnyDuration timeout) { return group_.join_for(timeout); }
  void cancel() noexcept { group_.cancel(); }
  std::size_t size() const noexcept { return group_.size(); }

 private:
  // Room for one fiber, which it keeps until its body is destroyed.
  class Place {
   public:
    explicit Place(Semaphore& room) noexcept : room_(&room) {}
    Place(Place&& other) noexcept : room_(std::exchange(other.room_, nullptr)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (room_ != nullptr) room_->release();
    }

   private:
    Semaphore* room_;
  };
  template <class F>
  static auto with_place(Place place, F&& body) {
    return [place = std::move(place), body = std::forward<F>(body)]() mutable { return std::move(body)(); };
  }
  template <class F>
  auto spawn_in(Group& group, F&& body, sched::Place where) {
    room_.acquire();
    return group.spawn(with_place(Place(room_), std::forward<F>(body)), where);
  }

  Semaphore room_;  // outlives the group, whose fibers give it back
  Group group_;
};

}  // namespace loquat
