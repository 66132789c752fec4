#include "sched/stack.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <new>

#include "sched/sanitizers.h"

namespace loquat::sched {
namespace {

constexpr std::size_t stacks_per_slab = 64;
constexpr int madv_guard_install = 102;  // Linux 6.13; not in Debian 12's headers
constexpr int mprotect_guards = 15'000;

std::size_t page_size() {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

std::size_t whole_pages(std::size_t size) { return (size + page_size() - 1) / page_size() * page_size(); }

void guard(void* page) {
  static std::atomic<bool> has_guards{true};
  static std::atomic<int> left{mprotect_guards};
  if (has_guards && ::madvise(page, page_size(), madv_guard_install) == 0) return;
  has_guards = false;
  if (left.fetch_sub(1) > 0) ::mprotect(page, page_size(), PROT_NONE);
}

}  // namespace

void trim_stack(const Stack& stack, const void* frame) noexcept {
  constexpr std::size_t in_use = 512;  // below `frame`: this call's own, and the red zone
  auto end = reinterpret_cast<std::uintptr_t>(frame) - in_use;
  end -= end % page_size();
  const auto low = reinterpret_cast<std::uintptr_t>(stack.low);
  if (low < end) ::madvise(stack.low, end - low, MADV_DONTNEED);
}

StackPool::StackPool(std::size_t size) : size_(whole_pages(size)) {}

StackPool::~StackPool() {
  for (Stack* stack = free_; stack != nullptr; stack = stack->next) {
    tsan_destroy_fiber(stack->tsan_fiber);
    valgrind_forget_stack(stack->valgrind_id);
  }
  for (void* slab : slabs_) ::munmap(slab, size_ * stacks_per_slab);
}

Stack* StackPool::acquire() {
  if (free_ == nullptr) add_slab();
  Stack* stack = free_;
  free_ = stack->next;
  tsan_know_fiber(&stack->tsan_fiber);
  return stack;
}

void StackPool::release(Stack* stack) noexcept {
  asan_unpoison(stack->low, stack->size);
  stack->next = free_;
  free_ = stack;
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
    guard(bottom);
    char* low = bottom + page_size();
    char* top = bottom + size_ - sizeof(Stack);
    top -= reinterpret_cast<std::size_t>(top) % 64;
    auto* stack = new (top) Stack{low, static_cast<std::size_t>(top - low), free_, nullptr, nullptr, 0};
    stack->valgrind_id = valgrind_know_stack(low, top);
    free_ = stack;
  }
}

}  // namespace loquat::sched
