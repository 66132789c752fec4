// sanitizers.h - tells ASan, TSan and Valgrind about fibers. Does nothing in an ordinary build.
//
// Layer: sched.  Source: gcc's <sanitizer/common_interface_defs.h>, <sanitizer/tsan_interface.h>; valgrind/valgrind.h.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#elif defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif
#if __has_include(<valgrind/valgrind.h>) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#include <valgrind/valgrind.h>
#define LOQUAT_VALGRIND 1
#endif

// For a function that is entered on one fiber and left on another: TSan must not instrument it.
#if defined(__SANITIZE_THREAD__)
#define LOQUAT_NO_TSAN __attribute__((noinline, no_sanitize("thread")))
#else
#define LOQUAT_NO_TSAN
#endif

namespace loquat::sched {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr std::size_t min_stack_size = 256 * 1024;
inline void asan_unpoison(void* low, std::size_t size) { __asan_unpoison_memory_region(low, size); }
inline void asan_start_switch(void** save, const void* low, std::size_t size) {
  __sanitizer_start_switch_fiber(save, low, size);
}
inline void asan_finish_switch(void* saved) { __sanitizer_finish_switch_fiber(saved, nullptr, nullptr); }
#else
inline constexpr std::size_t min_stack_size = 16 * 1024;
inline void asan_unpoison(void*, std::size_t) {}
inline void asan_start_switch(void**, const void*, std::size_t) {}
inline void asan_finish_switch(void*) {}
#endif

#if defined(__SANITIZE_THREAD__)
inline void tsan_destroy_fiber(void* fiber) {
  if (fiber != nullptr) __tsan_destroy_fiber(fiber);
}
inline void* tsan_current_fiber() { return __tsan_get_current_fiber(); }
inline void tsan_know_fiber(void** fiber) {
  if (*fiber == nullptr) *fiber = __tsan_create_fiber(0);
}
__attribute__((always_inline, no_sanitize("thread"))) inline void tsan_switch(void* fiber) {
  __tsan_switch_to_fiber(fiber, 0);
}
#else
inline void tsan_destroy_fiber(void*) {}
inline void* tsan_current_fiber() { return nullptr; }
inline void tsan_know_fiber(void**) {}
inline void tsan_switch(void*) {}
#endif

#if defined(LOQUAT_VALGRIND)
inline unsigned valgrind_know_stack(char* low, char* high) {
  return static_cast<unsigned>(VALGRIND_STACK_REGISTER(low, high));
}
inline void valgrind_forget_stack(unsigned id) { VALGRIND_STACK_DEREGISTER(id); }
#else
inline unsigned valgrind_know_stack(char*, char*) { return 0; }
inline void valgrind_forget_stack(unsigned) {}
#endif

}  // namespace loquat::sched
