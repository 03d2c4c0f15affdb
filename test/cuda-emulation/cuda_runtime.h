// Stands in for the toolkit's <cuda_runtime.h> when g++ compiles .cu files (put this folder first
// in the include path). Header only, for tests only: blocks are a loop, a block's threads are
// fibers.
#pragma once
#define EVENSR_EMULATED 1
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <type_traits>

#include "detail/device_memory.h"
#include "detail/tensor.h"
#include "detail/types.h"
#include "detail/warp.h"

// ---- language ----
#define __global__
#define __device__
#define __host__
#define __constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __grid_constant__
#define __align__(n) __attribute__((aligned(n)))
// One block at a time runs on an OS thread, so one copy a thread is one copy a block. It is not
// cleared or poisoned between blocks, unlike dynamic shared memory.
#define __shared__ static thread_local
// `extern __shared__` has no host spelling: both builds use this macro (see src/gpu.h).
#define DYN_SHARED(T, name) T* name = reinterpret_cast<T*>(::cuda_emulation::dynamicShared())

#define threadIdx (::cuda_emulation::threadIndex())
#define blockIdx (::cuda_emulation::blockIndex())
#define blockDim (::cuda_emulation::blockSize())
#define gridDim (::cuda_emulation::gridSize())
constexpr int warpSize = 32;

// ---- barriers and warp operations; each carries its source line for the deadlock message ----
#define EMU_STRING_(x) #x
#define EMU_STRING(x) EMU_STRING_(x)
#define EMU_HERE(name) name " at " __FILE__ ":" EMU_STRING(__LINE__)

#define __syncthreads() ::cuda_emulation::blockBarrier(EMU_HERE("__syncthreads"))
#define __syncthreads_or(p)                                           \
  (::cuda_emulation::blockBarrier(EMU_HERE("__syncthreads_or"), (p)), \
   ::cuda_emulation::block().orResult)
#define __syncthreads_and(p)                                           \
  (::cuda_emulation::blockBarrier(EMU_HERE("__syncthreads_and"), (p)), \
   ::cuda_emulation::block().andResult)
#define __syncthreads_count(p)                                           \
  (::cuda_emulation::blockBarrier(EMU_HERE("__syncthreads_count"), (p)), \
   ::cuda_emulation::block().countResult)
#define __syncwarp(...) \
  ::cuda_emulation::syncWarp(EMU_HERE("__syncwarp") __VA_OPT__(, ) __VA_ARGS__)

#define __shfl_sync(mask, value, source, ...) \
  ::cuda_emulation::shuffle(mask, value, source, EMU_HERE("__shfl_sync") __VA_OPT__(, ) __VA_ARGS__)
#define __shfl_xor_sync(mask, value, laneMask, ...)   \
  ::cuda_emulation::shuffleXor(mask, value, laneMask, \
                               EMU_HERE("__shfl_xor_sync") __VA_OPT__(, ) __VA_ARGS__)
#define __shfl_down_sync(mask, value, delta, ...)   \
  ::cuda_emulation::shuffleDown(mask, value, delta, \
                                EMU_HERE("__shfl_down_sync") __VA_OPT__(, ) __VA_ARGS__)
#define __shfl_up_sync(mask, value, delta, ...)   \
  ::cuda_emulation::shuffleUp(mask, value, delta, \
                              EMU_HERE("__shfl_up_sync") __VA_OPT__(, ) __VA_ARGS__)

#define __ballot_sync(mask, p) ::cuda_emulation::ballot(mask, p, EMU_HERE("__ballot_sync"))
#define __any_sync(mask, p) (::cuda_emulation::ballot(mask, p, EMU_HERE("__any_sync")) != 0)
#define __all_sync(mask, p) (::cuda_emulation::ballot(mask, !(p), EMU_HERE("__all_sync")) == 0)
#define __reduce_or_sync(mask, value) \
  ::cuda_emulation::reduceOr(mask, value, EMU_HERE("__reduce_or_sync"))

// ---- atomics and fences ----
template <class T>
inline T atomicAdd(T* p, T v) {
  if constexpr (std::is_integral_v<T>) {
    return __atomic_fetch_add(p, v, __ATOMIC_RELAXED);
  } else {
    using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
    auto* bits = reinterpret_cast<Bits*>(p);
    Bits oldBits = __atomic_load_n(bits, __ATOMIC_RELAXED);
    Bits newBits;
    T old;
    do {
      memcpy(&old, &oldBits, sizeof old);
      const T sum = old + v;
      memcpy(&newBits, &sum, sizeof sum);
    } while (!__atomic_compare_exchange_n(bits, &oldBits, newBits, false, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
    return old;
  }
}

inline int atomicMin(int* p, int v) {
  int old = __atomic_load_n(p, __ATOMIC_RELAXED);
  while (old > v &&
         !__atomic_compare_exchange_n(p, &old, v, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
  return old;
}

inline unsigned atomicOr(unsigned* p, unsigned v) {
  return __atomic_fetch_or(p, v, __ATOMIC_RELAXED);
}

inline int atomicMax(int* p, int v) {
  int old = __atomic_load_n(p, __ATOMIC_RELAXED);
  while (old < v &&
         !__atomic_compare_exchange_n(p, &old, v, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
  return old;
}

inline unsigned atomicCAS(unsigned* p, unsigned expected, unsigned v) {
  __atomic_compare_exchange_n(p, &expected, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return expected;
}

#define __threadfence() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define __threadfence_block() __atomic_thread_fence(__ATOMIC_SEQ_CST)

// ---- arithmetic ----
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __clz(int x) { return x ? __builtin_clz(x) : 32; }
inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
inline float __expf(float x) { return std::exp(x); }
inline float __fdividef(float a, float b) { return a / b; }
inline float rsqrtf(float x) { return 1.f / std::sqrt(x); }
inline unsigned __float_as_uint(float f) {
  unsigned u;
  memcpy(&u, &f, sizeof u);
  return u;
}
inline float __uint_as_float(unsigned u) {
  float f;
  memcpy(&f, &u, sizeof f);
  return f;
}
template <class T>
inline T __ldg(const T* p) {
  return *p;
}
template <class A, class B>
inline auto min(A a, B b) {
  return a < b ? a : b;
}
template <class A, class B>
inline auto max(A a, B b) {
  return a > b ? a : b;
}

// ---- the part of the runtime API that the tests use: one device, everything synchronous ----
using cudaError_t = int;
using cudaStream_t = void*;
enum {
  cudaSuccess = 0,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInsufficientDriver = 35,
  cudaErrorNoDevice = 100
};
enum cudaMemcpyKind {
  cudaMemcpyHostToHost,
  cudaMemcpyHostToDevice,
  cudaMemcpyDeviceToHost,
  cudaMemcpyDeviceToDevice,
  cudaMemcpyDefault
};

constexpr size_t kEmulatedMemory = size_t{8} << 30;

template <class T>
inline cudaError_t cudaMalloc(T** p, size_t bytes) {
  if (bytes > kEmulatedMemory) return cudaErrorMemoryAllocation;
  char* memory = cuda_emulation::ProtectedMemory::isOn()
                     ? cuda_emulation::ProtectedMemory::instance().allocate(bytes)
                     : cuda_emulation::freshMemory(bytes);
  if (!memory) return cudaErrorMemoryAllocation;
  *p = reinterpret_cast<T*>(memory);
  return cudaSuccess;
}
inline cudaError_t cudaFree(void* p) {
  if (cuda_emulation::ProtectedMemory::isOn()) {
    cuda_emulation::ProtectedMemory::instance().release(p);
  } else {
    free(p);
  }
  return cudaSuccess;
}
inline cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind) {
  const cuda_emulation::DeviceAccess access;
  memcpy(to, from, bytes);
  return cudaSuccess;
}
inline cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                                   cudaStream_t = nullptr) {
  return cudaMemcpy(to, from, bytes, kind);
}
inline cudaError_t cudaMemset(void* p, int value, size_t bytes) {
  const cuda_emulation::DeviceAccess access;
  memset(p, value, bytes);
  return cudaSuccess;
}
inline cudaError_t cudaMemsetAsync(void* p, int value, size_t bytes, cudaStream_t = nullptr) {
  return cudaMemset(p, value, bytes);
}
inline cudaError_t cudaMallocHost(void** p, size_t bytes) {
  *p = cuda_emulation::freshMemory(bytes);
  return *p ? cudaSuccess : cudaErrorMemoryAllocation;
}
inline cudaError_t cudaFreeHost(void* p) {
  free(p);
  return cudaSuccess;
}
enum { cudaStreamNonBlocking = 1 };
inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = nullptr;
  return cudaSuccess;
}
inline cudaError_t cudaStreamDestroy(cudaStream_t) { return cudaSuccess; }
using cudaEvent_t = void*;
enum { cudaEventDisableTiming = 2 };
inline cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = nullptr;
  return cudaSuccess;
}
inline cudaError_t cudaEventDestroy(cudaEvent_t) { return cudaSuccess; }
inline cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t = nullptr) { return cudaSuccess; }
inline cudaError_t cudaEventSynchronize(cudaEvent_t) { return cudaSuccess; }
inline cudaError_t cudaDeviceSynchronize() { return cudaSuccess; }
inline cudaError_t cudaStreamSynchronize(cudaStream_t) { return cudaSuccess; }
inline cudaError_t cudaGetLastError() { return cudaSuccess; }
inline const char* cudaGetErrorName(cudaError_t e) {
  return e ? "cudaErrorMemoryAllocation" : "cudaSuccess";
}
inline const char* cudaGetErrorString(cudaError_t e) { return e ? "out of memory" : "no error"; }
inline cudaError_t cudaDriverGetVersion(int* version) {
  *version = 13000;
  return cudaSuccess;
}
inline cudaError_t cudaRuntimeGetVersion(int* version) { return cudaDriverGetVersion(version); }
inline cudaError_t cudaGetDeviceCount(int* n) {
  *n = 1;
  return cudaSuccess;
}
inline cudaError_t cudaSetDevice(int) { return cudaSuccess; }
inline cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  *free = *total = kEmulatedMemory;
  return cudaSuccess;
}
struct cudaDeviceProp {
  char name[256];
  int major, minor, multiProcessorCount;
  size_t totalGlobalMem;
};
inline cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {"emulated", 8, 0, 4, kEmulatedMemory};
  return cudaSuccess;
}
