// local.h - values that belong to a fiber. Internal to fiber_local.h and fiber.h.
//
// Layer: sched (docs/layers.txt).
#pragma once

#include <cstdint>

namespace loquat::sched {

// One value. Lies in the list of its fiber, or of its plain thread, which destroys it at its end.
class Local {
 public:
  explicit Local(std::uint64_t key) noexcept : key_(key) {}
  virtual ~Local() = default;
  Local(const Local&) = delete;
  Local& operator=(const Local&) = delete;

 private:
  friend struct DebugTable;
  friend struct Locals;
  std::uint64_t key_;
  unsigned round_ = 0;
  Local* next_ = nullptr;
};

// The newest first.
struct Locals {
  // A value that a destructor makes is of the next round. After four nothing more is destroyed, or it might go on for
  // ever. Source: PTHREAD_DESTRUCTOR_ITERATIONS, pthread_key_create(3).
  static constexpr unsigned rounds = 4;

  Local* first = nullptr;
  unsigned round = 0;  // of those that are made now

  Local* find(std::uint64_t key) const noexcept;
  void add(Local* local) noexcept;  // takes it over
  unsigned clear() noexcept;        // also what the destructors add meanwhile; returns how many are left behind
};

// The name of a fiber (set_fiber_name() in fiber.h); empty if it has none. Also for the handler of a signal that has
// interrupted the fiber.
const char* name_of(const Locals& locals) noexcept;

// A number that no other FiberLocal has.
std::uint64_t new_local_key() noexcept;
// The calling fiber's; in a plain thread the thread's.
Locals& my_locals() noexcept;

}  // namespace loquat::sched
