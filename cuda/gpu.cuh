// The few words in which kernels differ between nvcc and the emulator: the launch, dynamic shared
// memory, and the instructions that CUDA C++ has no name for. Everything else is plain CUDA.
#pragma once
#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include <cstdint>

#ifndef EVENSR_EMULATED
#define DYN_SHARED(T, name)                                             \
  extern __shared__ __align__(1024) unsigned char dynamic_shared_raw[]; \
  T* name = reinterpret_cast<T*>(dynamic_shared_raw)
#endif

namespace evensr::gpu {

// kernel<<<grid, block, sharedBytes, stream>>>(arguments...). The emulator runs the kernel to its
// end before it returns, and throws what it found (deadlock, misaligned address).
template <class... P, class... A>
inline cudaError_t launch(void (*kernel)(P...), dim3 grid, dim3 block, size_t sharedBytes,
                          cudaStream_t stream, A... arguments) {
#ifdef EVENSR_EMULATED
  (void)stream;
  ::cuda_emulation::launch(grid, block, sharedBytes, [=] { kernel(arguments...); });
  return cudaSuccess;
#else
  if (sharedBytes > 48 * 1024) {  // more than this has to be asked for
    const cudaError_t e =
        cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel),
                             cudaFuncAttributeMaxDynamicSharedMemorySize, (int)sharedBytes);
    if (e != cudaSuccess) return e;
  }
  // clang-format off
  kernel<<<grid, block, sharedBytes, stream>>>(static_cast<P>(arguments)...);
  // clang-format on
  return cudaGetLastError();
#endif
}

// d[16][8] += a[16][16] b[16][8], one warp; emu/detail/tensor.h shows which lane holds what.
__device__ __forceinline__ void mma_bf16_16816(float (&d)[4], const uint32_t (&a)[4],
                                               const uint32_t (&b)[2]) {
#ifdef EVENSR_EMULATED
  ::cuda_emulation::mmaBf16(d, a, b);
#else
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
      "{%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};\n"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
}

// Four 8x8 matrices of 16-bit elements from shared memory; lane l passes the address of row l % 8
// of matrix l / 8, aligned to 16 bytes.
template <bool Transposed>
__device__ __forceinline__ void ldmatrix_x4(uint32_t (&r)[4], const void* row) {
#ifdef EVENSR_EMULATED
  ::cuda_emulation::loadMatrix<Transposed>(r, row);
#else
  const uint32_t address = static_cast<uint32_t>(__cvta_generic_to_shared(row));
  if constexpr (Transposed) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3},[%4];\n"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(address)
                 : "memory");
  } else {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3},[%4];\n"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(address)
                 : "memory");
  }
#endif
}

// Starts a copy of 16 bytes from global to shared memory; it belongs to the next committed group.
__device__ __forceinline__ void cp_async16(void* shared, const void* global) {
#ifdef EVENSR_EMULATED
  ::cuda_emulation::copyAsync(shared, global, 16);
#else
  asm volatile("cp.async.cg.shared.global [%0],[%1],16;\n"
               :
               : "r"(static_cast<uint32_t>(__cvta_generic_to_shared(shared))), "l"(global)
               : "memory");
#endif
}

__device__ __forceinline__ void cp_async_commit() {
#ifdef EVENSR_EMULATED
  ::cuda_emulation::commitCopies();
#else
  asm volatile("cp.async.commit_group;\n" ::: "memory");
#endif
}

// Waits until at most `Pending` of this thread's newest groups are in flight. Other threads' copies
// are visible only after a barrier that follows.
template <int Pending>
__device__ __forceinline__ void cp_async_wait() {
#ifdef EVENSR_EMULATED
  ::cuda_emulation::waitCopies(Pending);
#else
  asm volatile("cp.async.wait_group %0;\n" ::"n"(Pending) : "memory");
#endif
}

}  // namespace evensr::gpu
