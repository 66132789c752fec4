// jump.h - switches from one stack to another.
//
//   void* there = make_jump<begin>(top, size);
//   void* here;
//   jump(&here, there);     // returns when another jump() goes to `here`
//
//   Kept      What the psABI makes a callee preserve: on x86 registers and the control words of MXCSR and x87, on other
//             processors registers. There the rounding mode is kept too.
//   Why own   Boost.Context is entered by a call and left by a jump, so the processor mispredicts every return after a
//             switch: docs/adr/0004-own-jump-on-x86-64.md. It is used on other processors, under shadow stacks, and if
//             LOQUAT_BOOST_CONTEXT is defined (the ASan build).
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

// Stores where the other side has stopped, in the variable that its jump() named.
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

// Stores in *from where it stopped and continues at `to`, which is then invalid.
inline void jump(void** from, void* to) { loquat_jump(from, to); }

// The lowest words of a stack that is not running.
struct JumpFrame {
  std::uint32_t mxcsr;
  std::uint32_t x87_control;
  void* kept[5];  // r15 r14 r13 r12 rbx
  void* rbp;
  void (*resume)();
  void* end;  // no return address: backtraces end here
};
static_assert(sizeof(JumpFrame) % 16 == 8, "so that `entry` finds its stack as after a call");

// Returns a place for jump() that starts `entry` on the `size` bytes below `top`. `entry` must not return.
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
