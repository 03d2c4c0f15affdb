// Host entry points; plain C++, no CUDA header. Each returns a cudaError_t as int.
#pragma once

// Ways to break the tensor-core GEMM, to see whether the tests notice.
enum class Fault {
  None,
  NoWait,              // cp.async is never waited for
  ShortWait,           // the last step waits as if one more group were in flight
  NoBarrierAfterWait,  // other threads' copies are read before they are known to have landed
  NoTrailingBarrier    // the next copy may overwrite a buffer that others still read
};

// C[M,N] = A[M,K] B[K,N], fp32, any size.
int runSgemm(const float* A, const float* B, float* C, int M, int N, int K);

// Softmax of each row of x[rows,cols]; adds the sum of all results to *total.
int runSoftmax(const float* x, float* y, int rows, int cols, float* total);

// C[M,N] = A[M,K] B[K,N], bf16 in, fp32 out; M and N multiples of 64, K of 32.
int runHgemm(const void* A, const void* B, float* C, int M, int N, int K,
             Fault fault = Fault::None);

// y += a x
int runSaxpy(float a, const float* x, float* y, int n);

// Runs a wrong kernel of wrong.cu on `out` (300 floats): "race", "static-oob", "global-oob",
// "dynamic-oob", "leak", "host-read" or "divergent". Returns -1 for another name.
int runWrongKernel(const char* name, float* out);

// The checks of corners.cu: 0, or a bit for each one that failed.
int runCorners();
