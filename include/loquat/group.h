// group.h - Group: fibers that belong together; Pool: at most so many of them at once.
//
//   Group group;
//   group.spawn([&] { copy(client, server); });
//   group.spawn([&] { copy(server, client); });
//   group.join();  // both have ended; if one failed, the other was cancelled, and this throws the failure
//
// True of every call in this file:
//   Failure   The first fiber that ends by an exception other than Cancelled cancels all others of its group. From then
//             on spawn() throws that exception, until one join() has thrown it. So a fiber of a long-lived group that
//             may fail alone, as one client's, catches what it throws. What fails later is logged, as for any fiber
//             whose failure nobody asks for; so is the first failure if the group is destroyed before anybody saw it.
//   End       The destructor cancels the fibers that are left and waits for their end, also while an exception unwinds;
//             what they spawn in the group meanwhile never begins. So bodies may refer to what was made before the
//             group. A fiber of the group must not destroy it.
//   Threads   Every call may be made from any fiber, worker or thread; spawn() as in fiber.h.
//   Cancel    join() throws Cancelled if its caller is cancelled. The group's fibers go on until the destructor.
//
// Layer: sync (docs/layers.txt).  Source: gevent.pool (the names; there a failure cancels nobody), Python's
// asyncio.TaskGroup.
#pragma once

#include <cstddef>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include "loquat/detail/imap.h"
#include "loquat/detail/members.h"
#include "loquat/fiber.h"
#include "loquat/sync.h"

namespace loquat {

class Group {
 public:
  Group() = default;
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  // As spawn() and spawn_on() of fiber.h with one argument, for a fiber of this group.
  template <class F>
  auto spawn(F&& body, sched::Place where = sched::Place::here()) -> Fiber<std::invoke_result_t<std::decay_t<F>>> {
    return sched::Spawner::start(make(std::forward<F>(body), where));
  }
  template <class F>
  auto spawn_on(std::size_t worker, F&& body, sched::Place where = sched::Place::here())
      -> Fiber<std::invoke_result_t<std::decay_t<F>>> {
    return sched::Spawner::start_on(worker, make(std::forward<F>(body), where));
  }

  // Waits until all have ended, also those that are spawned meanwhile: their bodies and the results that nobody can ask
  // for are destroyed. (done() of a handle becomes true right after that.) Throws what the first one that failed threw;
  // of several join() calls one does. The group can be used again afterwards. Throws std::logic_error in a fiber of the
  // group, which would wait for itself.
  void join() { (void)members_.join(never); }
  // As join(), but for at most `timeout`. Returns whether all have ended.
  bool join_for(AnyDuration timeout) { return members_.join(sched::deadline_from_now(timeout)); }

  // Cancels all fibers that are in the group now; those that have not begun never begin. Returns at once.
  void cancel() noexcept { members_.cancel(); }

  // The number of fibers that have not ended.
  std::size_t size() const noexcept { return members_.size(); }

 private:
  friend class Pool;
  template <class F>
  auto make(F&& body, sched::Place where) {
    members_.throw_failure();
    using Body = std::decay_t<F>;
    return new sched::MemberTask<std::invoke_result_t<Body>, Body>(members_, where, std::forward<F>(body));
  }

  sched::Members members_;
};

// A group in which at most `size` fibers run at once: spawn() waits for room. A fiber of a pool that spawns in it keeps
// its own room meanwhile: if all do, they wait for ever. Throws std::invalid_argument if `size` is 0.
class Pool {
 public:
  explicit Pool(std::size_t size) : size_(size), room_(size) {
    if (size == 0) throw std::invalid_argument("a pool for no fiber");
  }

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
    return group_.spawn(with_room(Room(room_), std::forward<F>(body)), where);
  }

  // Calls f(item) for each of `items`, a forward range, each call in a fiber of the caller's worker, and returns the
  // results in the order of the items (nothing if f returns nothing). Throws what the first call that failed threw; the
  // other calls are cancelled and have ended then, and no more are made. `f` may be called by several fibers in turn;
  // it and `items` must not change meanwhile. Other callers of this pool share the room, not the failure.
  template <class Items, class F>
  auto map(Items&& items, F&& f) {
    using Iterator = decltype(std::begin(items));
    static_assert(std::forward_iterator<Iterator>, "an item must stay where it is until its call has ended");
    using Result = std::invoke_result_t<F&, std::iter_reference_t<Iterator>>;
    Group calls;
    if constexpr (std::is_void_v<Result>) {
      for (auto at = std::begin(items); at != std::end(items); ++at) spawn_in(calls, [&f, at] { f(*at); }, {});
      calls.join();
    } else {
      std::vector<Fiber<Result>> fibers;
      for (auto at = std::begin(items); at != std::end(items); ++at)
        fibers.push_back(spawn_in(calls, [&f, at]() -> Result { return f(*at); }, {}));
      calls.join();
      std::vector<Result> results;
      results.reserve(fibers.size());
      for (auto& each : fibers) results.push_back(each.get());
      return results;
    }
  }

  // As map(), but returns at once: a range that gives each result when it is there, while other calls go on.
  //
  //   for (Page& page : pool.imap(urls, fetch)) show(page);
  //
  // A call that throws does not end the others: its exception comes in its place, from the increment or from next(), a
  // member that returns the next result or nothing after the last; after an exception next() goes on behind it. At most
  // twice as many results as the pool has room are made before they are taken. The range is neither copied nor moved;
  // its destructor cancels the calls that are left and waits for their end. It keeps an `items` that is a temporary,
  // and a copy of `f`, and must end before the pool. Source: gevent.pool.Pool.imap.
  template <class Items, class F>
  auto imap(Items&& items, F&& f) {
    return results_of(std::forward<Items>(items), std::forward<F>(f), true);
  }
  // As imap(), but in the order in which the calls end.
  template <class Items, class F>
  auto imap_unordered(Items&& items, F&& f) {
    return results_of(std::forward<Items>(items), std::forward<F>(f), false);
  }

  // Internal to server.h, whose clients fail alone.
  void let_failures_alone() noexcept { group_.members_.let_failures_alone(); }

  // As Group's, of the fibers of spawn().
  void join() { group_.join(); }
  bool join_for(AnyDuration timeout) { return group_.join_for(timeout); }
  void cancel() noexcept { group_.cancel(); }
  std::size_t size() const noexcept { return group_.size(); }

 private:
  // Room for one fiber, which it keeps until its body is destroyed.
  class Room {
   public:
    explicit Room(Semaphore& room) noexcept : room_(&room) {}
    Room(Room&& other) noexcept : room_(std::exchange(other.room_, nullptr)) {}
    Room& operator=(Room&&) = delete;
    ~Room() {
      if (room_ != nullptr) room_->release();
    }

   private:
    Semaphore* room_;
  };
  template <class F>
  static auto with_room(Room room, F&& body) {
    return [room = std::move(room), body = std::forward<F>(body)]() mutable -> decltype(auto) {
      return std::move(body)();
    };
  }
  template <class F>
  auto spawn_in(Group& group, F&& body, sched::Place where) {
    room_.acquire();
    return group.spawn(with_room(Room(room_), std::forward<F>(body)), where);
  }

  template <class Items, class F>
  auto results_of(Items&& items, F&& f, bool ordered) {
    static_assert(std::forward_iterator<decltype(std::begin(items))>, "an item must stay where it is");
    const auto start = [this](Group& calls, auto&& body) {
      return spawn_in(calls, std::forward<decltype(body)>(body), {});
    };
    return sched::Results<Items, std::decay_t<F>, Group, std::decay_t<decltype(start)>>(
        std::forward<Items>(items), std::forward<F>(f), start, 2 * size_, ordered);
  }

  const std::size_t size_;
  Semaphore room_;  // outlives the group, whose fibers give it back
  Group group_;
};

}  // namespace loquat
