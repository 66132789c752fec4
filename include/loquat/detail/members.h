// members.h - the fibers of a Group. Internal to group.h.
//
//   1. A Member lies in the body of its fiber. It counts from the spawn() until the body is destroyed, and is in the
//      list from the fiber's begin on. So the list holds only tasks that live.
//   2. One lock guards all. A member leaves under it; join() and the destructor return when the lock is free again.
//
// Layer: sync (docs/layers.txt).
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
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

  bool join(TimePoint deadline);
  void cancel() noexcept;
  std::size_t size() const noexcept;

  class Member {
   public:
    explicit Member(Members& all) noexcept;
    ~Member();
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;
    // In the fiber, before its body. Throws Cancelled if the group was cancelled since the spawn().
    void begin();
    // In the handler of what the body threw.
    void failed() noexcept;

   private:
    friend class Members;
    Members& all_;
    std::uint64_t cancels_;  // of the group, at the spawn() or when one has met this fiber
    Task* task_ = nullptr;   // nullptr: not in the list
    Member *previous_ = nullptr, *next_ = nullptr;
  };

 private:
  void append(Member& member) noexcept;
  void remove(Member& member) noexcept;
  void cancel_all_but(const Task* spared) noexcept;

  mutable SpinLock lock_;
  WaitList joiners_;
  Member *first_ = nullptr, *last_ = nullptr;
  std::size_t count_ = 0;
  std::uint64_t cancels_ = 0;
  TaskRef failed_;  // the first one
};

template <class F>
class MemberBody {
 public:
  template <class Body>
  MemberBody(Members& all, Body&& body) : member_(all), body_(std::forward<Body>(body)) {}

  auto operator()() && -> std::invoke_result_t<F> {
    member_.begin();
    try {
      return std::move(body_)();
    } catch (const Cancelled&) {
      throw;
    } catch (...) {
      member_.failed();
      throw;
    }
  }

 private:
  Members::Member member_;  // leaves the group after the body was destroyed
  F body_;
};

}  // namespace loquat::sched
