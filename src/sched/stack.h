// stack.h - stacks for fibers: slices of large mappings, touched as they are used, each with a guard page below.
//
//   Units     Bytes. A stack's size is its address space, guard page included.
//   Threads   A pool belongs to one worker.
//   Guards    MADV_GUARD_INSTALL where the kernel has it (Linux 6.13: no mapping of its own per guard), else mprotect
//             for the first 15,000 stacks of a process: each costs two of vm.max_map_count's 65,530 mappings.
//
// Layer: sched.  Source: madvise(2), mprotect(2).
#pragma once

#include <cstddef>
#include <vector>

namespace loquat::sched {

// Stands at the top of its own stack, so that an idle stack costs no page of its own.
struct Stack {
  char* low;         // lowest usable address
  std::size_t size;  // from low up to this object
  Stack* next;       // in the pool
  void* tsan_fiber;  // kept with the stack: gcc 12's TSan dies at 8,128 contexts
  void* fake_stack;  // ASan's, while its fiber is not running
  unsigned valgrind_id;
};

// Gives the kernel back the pages that calls deeper than `frame` have touched. They read as zero afterwards.
void trim_stack(const Stack& stack, const void* frame) noexcept;

class StackPool {
 public:
  // `size` is rounded up to whole pages.
  explicit StackPool(std::size_t size);
  ~StackPool();
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;

  // The stack that was released last, or a new one. Throws std::bad_alloc.
  Stack* acquire();
  void release(Stack* stack) noexcept;

 private:
  void add_slab();

  std::size_t size_;
  Stack* free_ = nullptr;
  std::vector<void*> slabs_;
};

}  // namespace loquat::sched
