#include "sched/stack/stack.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <new>
#include <utility>

#include "sched/stack/sanitizers.h"

namespace loquat::sched {
namespace {

constexpr std::size_t stacks_per_slab = 64;
constexpr int madv_guard_install = 102;  // Linux 6.13; not in Debian 12's headers

std::atomic<int> mappings_left{15'000};  // for guards

// At least two: a guard, and a page to run on. ARM has kernels with pages of 64 KiB.
std::size_t whole_pages(std::size_t size) {
  const std::size_t pages = (size + page_size() - 1) / page_size();
  return std::max<std::size_t>(pages, 2) * page_size();
}

Stack::Guard guard(void* page) noexcept {
  static std::atomic<bool> has_advice{true};
  if (has_advice) {
    if (::madvise(page, page_size(), madv_guard_install) == 0) return Stack::Guard::advice;
    if (errno == EINVAL) has_advice = false;
  }
  if (mappings_left.fetch_sub(1) > 0 && ::mprotect(page, page_size(), PROT_NONE) == 0) return Stack::Guard::mapping;
  mappings_left.fetch_add(1);
  return Stack::Guard::none;
}

}  // namespace

std::size_t page_size() noexcept {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

void trim_stack(const Stack& stack, const void* frame) noexcept {
  constexpr std::size_t in_use = 512;  // below `frame`: the frame of this call, and the red zone
  auto end = reinterpret_cast<std::uintptr_t>(frame) - in_use;
  end -= end % page_size();
  const auto low = reinterpret_cast<std::uintptr_t>(stack.low);
  if (low < end) ::madvise(stack.low, end - low, MADV_DONTNEED);
}

StackPool::StackPool(std::size_t size) : size_(whole_pages(size)) {
  add_slab();
  last_ = acquire();
  last_is_free_ = true;
}

StackPool::~StackPool() {
  if (last_is_free_) add(last_, cold_);
  for (Stack* list : {warm_, cold_, unguarded_}) {
    for (Stack* stack = list; stack != nullptr; stack = stack->next) {
      tsan_destroy_fiber(stack->tsan_fiber);
      valgrind_forget_stack(stack->valgrind_id);
    }
  }
  for (void* slab : slabs_) ::munmap(slab, size_ * stacks_per_slab);
  mappings_left.fetch_add(mappings_);
}

Stack* StackPool::acquire_other() noexcept {
  if (cold_ != nullptr) return pop(cold_);
  if (unguarded_ == nullptr) {
    try {
      add_slab();
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
    if (cold_ != nullptr) return pop(cold_);
  }
  Stack* stack = pop(unguarded_);
  stack->guard = guard(stack->low - page_size());
  if (stack->guard == Stack::Guard::mapping) ++mappings_;
  return stack;
}

Stack* StackPool::acquire_last() noexcept { return std::exchange(last_is_free_, false) ? last_ : nullptr; }

void StackPool::trim_unused() noexcept {
  Stack** link = &warm_;
  for (std::size_t used = warm_count_ - unused_; used > 0; --used) link = &(*link)->next;
  for (Stack* stack = std::exchange(*link, nullptr); stack != nullptr;) {
    Stack* const next = stack->next;
    trim_stack(*stack, stack);
    add(stack, cold_);
    stack = next;
  }
  unused_ = warm_count_ -= unused_;
}

void StackPool::add_slab() {
  slabs_.reserve(slabs_.size() + 1);
  void* slab = ::mmap(nullptr, size_ * stacks_per_slab, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (slab == MAP_FAILED) throw std::bad_alloc();
  ::madvise(slab, size_ * stacks_per_slab, MADV_NOHUGEPAGE);
  slabs_.push_back(slab);
  for (std::size_t i = stacks_per_slab; i-- > 0;) {
    char* bottom = static_cast<char*>(slab) + i * size_;
    char* low = bottom + page_size();
    char* top = bottom + size_ - sizeof(Stack);
    top -= reinterpret_cast<std::size_t>(top) % 64;
    auto* stack = new (top) Stack{.low = low, .size = static_cast<std::size_t>(top - low), .guard = guard(bottom)};
    if (stack->guard == Stack::Guard::mapping) ++mappings_;
    stack->valgrind_id = valgrind_know_stack(low, top);
    add(stack, stack->guard == Stack::Guard::none ? unguarded_ : cold_);
  }
}

}  // namespace loquat::sched
