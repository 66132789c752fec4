// jump.h - leaves one stack and goes on on another.
//
//   void* there = make_jump<begin>(top, size);
//   void* here;
//   jump(&here, there);     // returns when somebody jumps to `here`
//
//   Kept      What a function of the psABI keeps: its registers, and the control words of MXCSR and x87; on processors
//             other than x86 the rounding mode of them.
//   Why own   Boost.Context is entered by a call and left by a jump, so every return after a switch is predicted wrong:
//             docs/adr/0004-own-jump-on-x86-64.md. It still does the work on other processors, under shadow stacks, and
//             where LOQUAT_BOOST_CONTEXT is defined, which the ASan build does.
//
// Layer: sched.  Source: System V ABI, AMD64 supplement, s.3.2.
#pragma once

#include <cstddef>
#include <cstdint>

#if !defined(__x86_64__) || !defined(__LP64__) || defined(__CET__) || defined(LOQUAT_BOOST_CONTEXT)
#include <boost/context/detail/fcontext.hpp>
#include <cfenv>
#define LOQUAT_BOOST_JUMP 1
#endif

namespace loquat::sched {

#if defined(LOQUAT_BOOST_JUMP)

// Each side is handed where the other one's place is to be written down.
inline void note_place(boost::context::detail::transfer_t arrived) {
  *static_cast<void**>(arrived.data) = arrived.fctx;
}

// Boost.Context keeps the rounding mode on x86 only.
inline void set_rounding(int mode) noexcept {
  if (std::fegetround() != mode) std::fesetround(mode);
}

inline void jump(void** from, void* to) {
  const int rounding = std::fegetround();
  note_place(boost::context::detail::jump_fcontext(to, from));
  set_rounding(rounding);
}

template <void (*entry)()>
void* make_jump(char* top, std::size_t size) {
  return boost::context::detail::make_fcontext(top, size, [](boost::context::detail::transfer_t arrived) {
    note_place(arrived);
    set_rounding(FE_TONEAREST);
    entry();
  });
}

#else

extern "C" void loquat_jump(void** from, void* to);  // jump.cc

// Writes down in *from where it stopped, and goes on at `to`, which is used up.
inline void jump(void** from, void* to) { loquat_jump(from, to); }

// What lies at the lowest address of a stack that is not running.
struct JumpFrame {
  std::uint32_t mxcsr;
  std::uint32_t x87_control;
  void* kept[5];  // r15 r14 r13 r12 rbx
  void* rbp;
  void (*resume)();
  void* end;  // nobody to return to: where backtraces end
};
static_assert(sizeof(JumpFrame) % 16 == 8, "so that `entry` finds its stack as after a call");

// Where jump() begins `entry`, which never returns, on the `size` bytes below `top`.
template <void (*entry)()>
void* make_jump(char* top, std::size_t) {
  auto* const frame = reinterpret_cast<JumpFrame*>(reinterpret_cast<std::uintptr_t>(top) & ~std::uintptr_t{15}) - 1;
  *frame = {};
  frame->mxcsr = 0x1f80;  // as in a new process: s.3.4.1
  frame->x87_control = 0x037f;
  frame->resume = entry;
  return frame;
}

#endif

}  // namespace loquat::sched
