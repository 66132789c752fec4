#include "sched/stack/jump.h"

#if !defined(LOQUAT_BOOST_JUMP)

// Both stacks have the same layout here, so the unwinder's rules stay true when the stack pointer changes. The control
// words are loaded only if they differ, which is rare: loading them takes longer than all the rest.
asm(R"(
  .text
  .p2align 5
  .globl loquat_jump
  .hidden loquat_jump
  .type loquat_jump, @function
loquat_jump:
  .cfi_startproc
  pushq %rbp
  .cfi_adjust_cfa_offset 8
  .cfi_rel_offset %rbp, 0
  pushq %rbx
  .cfi_adjust_cfa_offset 8
  .cfi_rel_offset %rbx, 0
  pushq %r12
  .cfi_adjust_cfa_offset 8
  .cfi_rel_offset %r12, 0
  pushq %r13
  .cfi_adjust_cfa_offset 8
  .cfi_rel_offset %r13, 0
  pushq %r14
  .cfi_adjust_cfa_offset 8
  .cfi_rel_offset %r14, 0
  pushq %r15
  .cfi_adjust_cfa_offset 8
  .cfi_rel_offset %r15, 0
  subq $8, %rsp
  .cfi_adjust_cfa_offset 8
  stmxcsr (%rsp)
  fnstcw 4(%rsp)
  movl (%rsp), %eax
  movzwl 4(%rsp), %edx
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  cmpl %eax, (%rsp)
  jne 1f
  cmpw %dx, 4(%rsp)
  jne 1f
2:
  addq $8, %rsp
  .cfi_adjust_cfa_offset -8
  popq %r15
  .cfi_adjust_cfa_offset -8
  popq %r14
  .cfi_adjust_cfa_offset -8
  popq %r13
  .cfi_adjust_cfa_offset -8
  popq %r12
  .cfi_adjust_cfa_offset -8
  popq %rbx
  .cfi_adjust_cfa_offset -8
  popq %rbp
  .cfi_adjust_cfa_offset -8
  ret
1:
  .cfi_adjust_cfa_offset 56
  ldmxcsr (%rsp)
  fldcw 4(%rsp)
  jmp 2b
  .cfi_endproc
  .size loquat_jump, .-loquat_jump
)");

#endif
