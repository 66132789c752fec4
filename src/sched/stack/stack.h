// stack.h - stacks for fibers: slices of large mappings, each with a guard page below. Memory is used as it is touched.
//
//   Units     Bytes. A stack's size is its address space, guard page included.
//   Threads   A pool belongs to one worker.
//   Guards    MADV_GUARD_INSTALL where the kernel has it (Linux 6.13), which needs no mapping per guard. Else mprotect,
//             for at most 15,000 stacks of a process at a time: each takes two of vm.max_map_count's 65,530 mappings.
//             Stacks with a guard are handed out first. A stack without gets one once other guards are free.
//   Memory    Each pool keeps back one stack for when memory has run out: a fiber on it can report the failure.
//             trim_unused() gives the pages of free stacks back, so that a crowd that has gone leaves one page each.
//
// Layer: sched.  Source: madvise(2), mprotect(2).
#pragma once

#include <cstddef>
#include <vector>

#include "sched/stack/sanitizers.h"

namespace loquat::sched {

// Lies at the top of its own stack, so that it needs no page of its own.
struct Stack {
  enum class Guard : unsigned char { none, advice, mapping };

  char* low = nullptr;         // lowest usable address; the guard page ends here
  std::size_t size = 0;        // from low up to this object
  Stack* next = nullptr;       // in the pool
  void* tsan_fiber = nullptr;  // kept with the stack: gcc 12's TSan dies at 8,128 contexts
  void* fake_stack = nullptr;  // ASan's, while its fiber is not running
  unsigned valgrind_id = 0;
  Guard guard = Guard::none;
};

std::size_t page_size() noexcept;

// Returns the pages below `frame` to the kernel. They read as zero afterwards.
void trim_stack(const Stack& stack, const void* frame) noexcept;

class StackPool {
 public:
  // `size` is rounded up to whole pages, at least two. Throws std::bad_alloc.
  explicit StackPool(std::size_t size);
  ~StackPool();
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;

  // Returns the stack that was released last, or a new one; nullptr if there is no memory.
  Stack* acquire() noexcept {
    if (warm_ == nullptr) return acquire_other();
    if (--warm_count_ < unused_) unused_ = warm_count_;
    return pop(warm_);
  }
  // Returns the stack that is kept back, for when acquire() has none; nullptr while it is in use.
  Stack* acquire_last() noexcept;
  void release(Stack* stack) noexcept {
    asan_unpoison(stack->low, stack->size);
    if (stack == last_) {
      last_is_free_ = true;
    } else if (stack->guard == Stack::Guard::none) {
      add(stack, unguarded_);
    } else {
      ++warm_count_;
      add(stack, warm_);
    }
  }

  // Whether trim_unused() has something to do, now or when it is called again.
  bool is_warm() const noexcept { return warm_ != nullptr; }
  // Returns to the kernel the pages of the stacks that have been free since the last call, about 1 us each.
  void trim_unused() noexcept;

 private:
  Stack* acquire_other() noexcept;
  void add_slab();
  static void add(Stack* stack, Stack*& list) noexcept {
    stack->next = list;
    list = stack;
  }
  static Stack* pop(Stack*& list) noexcept {
    Stack* stack = list;
    list = stack->next;
    tsan_know_fiber(&stack->tsan_fiber);
    return stack;
  }

  std::size_t size_;
  Stack* warm_ = nullptr;       // free, the one that was released last first
  std::size_t warm_count_ = 0;  // of them
  std::size_t unused_ = 0;      // that many at the end of the list have been free since trim_unused()
  Stack* cold_ = nullptr;       // free, with a guard and hardly any memory
  Stack* unguarded_ = nullptr;  // free, without a guard
  Stack* last_ = nullptr;       // kept back
  bool last_is_free_ = false;
  int mappings_ = 0;  // guards that are mappings
  std::vector<void*> slabs_;
};

}  // namespace loquat::sched
