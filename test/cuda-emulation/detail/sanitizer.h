// What the sanitizers must be told about fibers and poisoned memory. Without a sanitizer every
// function here is empty, so the rest of the emulator has no #if on sanitizers.
#pragma once
#include <cstddef>
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
extern "C" {
void AnnotateIgnoreReadsBegin(const char*, int);
void AnnotateIgnoreReadsEnd(const char*, int);
void AnnotateIgnoreWritesBegin(const char*, int);
void AnnotateIgnoreWritesEnd(const char*, int);
}
// For functions that run on both sides of a fiber switch: instrumented, they would enter on one
// fiber's shadow stack and leave on the other's.
#define EMU_NO_TSAN __attribute__((no_sanitize_thread))
#else
#define EMU_NO_TSAN
#endif

namespace cuda_emulation {

#if defined(__SANITIZE_ADDRESS__)
inline void poison(void* p, size_t bytes) { __asan_poison_memory_region(p, bytes); }
inline void unpoison(void* p, size_t bytes) { __asan_unpoison_memory_region(p, bytes); }
inline void asanLeave(void** fakeStack, const void* toBottom, size_t toBytes) {
  __sanitizer_start_switch_fiber(fakeStack, toBottom, toBytes);
}
inline void asanArrive(void* fakeStack, const void** fromBottom, size_t* fromBytes) {
  __sanitizer_finish_switch_fiber(fakeStack, fromBottom, fromBytes);
}
#else
inline void poison(void*, size_t) {}
inline void unpoison(void*, size_t) {}
inline void asanLeave(void**, const void*, size_t) {}
inline void asanArrive(void*, const void**, size_t*) {}
#endif

#if defined(__SANITIZE_THREAD__)
EMU_NO_TSAN inline void* tsanCurrent() { return __tsan_get_current_fiber(); }
EMU_NO_TSAN inline void* tsanCreate() { return __tsan_create_fiber(0); }
EMU_NO_TSAN inline void tsanDestroy(void* fiber) {
  if (fiber) __tsan_destroy_fiber(fiber);
}
// A switch orders nothing by itself: only barriers and warp operations do.
EMU_NO_TSAN inline void tsanSwitch(void* fiber) {
  __tsan_switch_to_fiber(fiber, __tsan_switch_to_fiber_no_sync);
}
inline void tsanRelease(void* p) { __tsan_release(p); }
inline void tsanAcquire(void* p) { __tsan_acquire(p); }

// Hides the emulator's own memory accesses from TSan. Keep the kernel's accesses out of its scope:
// an ldmatrix read or a cp.async copy inside it hides real races.
struct Quiet {
  Quiet() {
    AnnotateIgnoreReadsBegin("", 0);
    AnnotateIgnoreWritesBegin("", 0);
  }
  ~Quiet() {
    AnnotateIgnoreReadsEnd("", 0);
    AnnotateIgnoreWritesEnd("", 0);
  }
};
#else
inline void* tsanCurrent() { return nullptr; }
inline void* tsanCreate() { return nullptr; }
inline void tsanDestroy(void*) {}
inline void tsanSwitch(void*) {}
inline void tsanRelease(void*) {}
inline void tsanAcquire(void*) {}
struct Quiet {
  Quiet() {}
};
#endif

}  // namespace cuda_emulation
