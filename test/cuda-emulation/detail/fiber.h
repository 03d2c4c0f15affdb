// Fibers: stacks of our own and the switch between them. One fiber runs one thread of a block.
#pragma once
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <new>

#include "sanitizer.h"
#if defined(EMU_UCONTEXT)
#include <ucontext.h>
#endif

namespace cuda_emulation {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr size_t kStackBytes = 256 << 10;  // instrumented frames are larger
#else
constexpr size_t kStackBytes = 64 << 10;
#endif
constexpr size_t kGuardBytes = 4096;

struct Fiber {
  char* mapping = nullptr;            // guard page, then the stack; null for the scheduler's fiber
  const void* stackBottom = nullptr;  // lowest address, for ASan
  size_t stackBytes = 0;
  void* fakeStack = nullptr;  // ASan's, while the fiber is parked
  void* tsan = nullptr;       // TSan's handle
#if defined(EMU_UCONTEXT)
  ucontext_t context;
#else
  void* stackPointer = nullptr;  // while the fiber is parked
#endif
};

#if !defined(EMU_UCONTEXT)
// Saves the callee-saved registers on the current stack, swaps stacks, restores (x86-64, System V).
// swapcontext does the same with two system calls for the signal mask, which is 15 times slower.
__attribute__((naked, noinline)) inline void swapStacks(void** /*save*/, void* /*load*/) {
  asm volatile(
      "pushq %rbp\n"
      "pushq %rbx\n"
      "pushq %r12\n"
      "pushq %r13\n"
      "pushq %r14\n"
      "pushq %r15\n"
      "movq %rsp, (%rdi)\n"
      "movq %rsi, %rsp\n"
      "popq %r15\n"
      "popq %r14\n"
      "popq %r13\n"
      "popq %r12\n"
      "popq %rbx\n"
      "popq %rbp\n"
      "ret\n");
}
#endif

EMU_NO_TSAN inline void switchFiber(Fiber& from, Fiber& to) {
  asanLeave(&from.fakeStack, to.stackBottom, to.stackBytes);
  tsanSwitch(to.tsan);
#if defined(EMU_UCONTEXT)
  swapcontext(&from.context, &to.context);
#else
  swapStacks(&from.stackPointer, to.stackPointer);
#endif
  // `from` runs again. Whoever resumed it is the fiber it had switched to, so this is where a lane
  // learns (and keeps fresh) the bounds of the scheduler's stack.
  asanArrive(from.fakeStack, &to.stackBottom, &to.stackBytes);
}

// Makes a parked fiber that starts in `entry`, which must never return.
inline void createFiber(Fiber& f, void (*entry)()) {
  void* p = mmap(nullptr, kGuardBytes + kStackBytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) throw std::bad_alloc();
  mprotect(p, kGuardBytes, PROT_NONE);
  f.mapping = static_cast<char*>(p);
  char* const bottom = f.mapping + kGuardBytes;
  f.stackBottom = bottom;
  f.stackBytes = kStackBytes;
  f.tsan = tsanCreate();
#if defined(EMU_UCONTEXT)
  getcontext(&f.context);
  f.context.uc_stack.ss_sp = bottom;
  f.context.uc_stack.ss_size = kStackBytes;
  f.context.uc_link = nullptr;
  makecontext(&f.context, entry, 0);
#else
  // What swapStacks pops: six registers, then the address to return to; above it a null return
  // address, which also gives `entry` the stack alignment that the ABI promises at a call.
  auto* sp = reinterpret_cast<void**>((reinterpret_cast<uintptr_t>(bottom) + kStackBytes) &
                                      ~static_cast<uintptr_t>(63));
  *--sp = nullptr;
  *--sp = reinterpret_cast<void*>(entry);
  for (int i = 0; i < 6; i++) *--sp = nullptr;
  f.stackPointer = sp;
#endif
}

inline void destroyFiber(Fiber& f) {
  if (!f.mapping) return;
  unpoison(f.mapping + kGuardBytes, kStackBytes);
  tsanDestroy(f.tsan);
  munmap(f.mapping, kGuardBytes + kStackBytes);
  f = Fiber{};
}

}  // namespace cuda_emulation
