# evensr_cuda_sources(TARGET SOURCES...): how nvcc compiles the kernels.
#
# The -gencode flags are ours: CMake 3.25 knows neither sm_100 nor sm_120.
set(EVENSR_ARCHITECTURES
  -gencode=arch=compute_80,code=[sm_80,compute_80]
  -gencode=arch=compute_90a,code=sm_90a
  -gencode=arch=compute_100,code=sm_100
  -gencode=arch=compute_120,code=sm_120)
if(EVENSR_GENCODE)
  set(EVENSR_ARCHITECTURES ${EVENSR_GENCODE})
endif()

set(CMAKE_CUDA_ARCHITECTURES OFF)
if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
  # A CUDA install does not put nvcc into PATH.
  find_program(EVENSR_NVCC nvcc
    HINTS ENV CUDA_HOME ENV CUDA_PATH PATHS /usr/local/cuda PATH_SUFFIXES bin REQUIRED)
  set(CMAKE_CUDA_COMPILER ${EVENSR_NVCC})
endif()
enable_language(CUDA)

# A fused multiply-add changes bits, and the degradations promise the CPU's; networks, which need
# the speed, call fmaf() where they mean it.
function(evensr_cuda_sources target)
  set_target_properties(${target} PROPERTIES
    CUDA_ARCHITECTURES OFF CUDA_STANDARD 17 CUDA_STANDARD_REQUIRED ON
    CUDA_RUNTIME_LIBRARY Static)
  target_compile_options(${target} PRIVATE
    $<$<COMPILE_LANGUAGE:CUDA>:${EVENSR_ARCHITECTURES} --fmad=false --threads=2 -lineinfo
      --expt-relaxed-constexpr -Xcompiler=-Wall,-ffp-contract=off>)
endfunction()
