// members.h - the fibers of a Group. Internal to group.h.
//
//   1. A Member lies in its fiber's task. It counts from the spawn() until the fiber's body, and its result if nobody
//      can ask for it any more, are destroyed; it is in the list from the fiber's begin on.
//   2. One lock guards all. A member leaves under it; join() and the destructor return when the lock is free again.
//
// Layer: sync (docs/layers.txt).
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "loquat/detail/task.h"
#include "loquat/detail/wait.h"
#include "loquat/time.h"

namespace loquat::sched {

class Members {
 public:
  Members() = default;
  ~Members();
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;

  // Before the first member: failures are logged, and cancel nobody.
  void let_failures_alone() noexcept { failures_alone_ = true; }
  bool join(TimePoint deadline);
  void cancel() noexcept;
  std::size_t size() const noexcept;
  // Throws what the first member that failed threw, if one has and join() has not thrown it yet.
  void throw_failure();

  class Member {
   public:
    explicit Member(Members& all) noexcept;
    ~Member() { leave(); }
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;
    // In the fiber, before its body. Throws Cancelled if the group was cancelled since the spawn().
    void begin();
    // In the fiber, after its end, or wherever a task that never began is destroyed. A second call does nothing.
    void leave() noexcept;

   private:
    friend class Members;
    Members& all_;
    std::uint64_t cancels_;  // of the group, at the spawn() or when one has met this fiber
    bool left_ = false;
    Task* task_ = nullptr;  // nullptr: not in the list
    Member *previous_ = nullptr, *next_ = nullptr;
  };

 private:
  void append(Member& member) noexcept;
  void remove(Member& member) noexcept;
  void cancel_all_but(const Task* spared) noexcept;
  bool note_failure(Task& task) noexcept;

  mutable SpinLock lock_;
  WaitList joiners_;
  Member *first_ = nullptr, *last_ = nullptr;
  std::size_t count_ = 0;
  std::uint64_t cancels_ = 0;
  bool closing_ = false;  // the destructor waits
  bool failures_alone_ = false;
  TaskRef failed_;  // the first one
};

template <class T, class F>
class MemberTask final : public TaskFor<T, F> {
 public:
  template <class Body>
  MemberTask(Members& all, Place where, Body&& body) : TaskFor<T, F>(where, std::forward<Body>(body)), member_(all) {}

  void call() override {
    member_.begin();
    TaskFor<T, F>::call();
  }
  void finish() override {
    const struct Leave {
      Members::Member& member;
      ~Leave() { member.leave(); }
    } leave{member_};
    TaskFor<T, F>::finish();
  }

 private:
  Members::Member member_;
};

}  // namespace loquat::sched
