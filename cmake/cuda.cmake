# The plugins beside the addon: evensr_cuda.so for GPUs, where there is a CUDA compiler, and
# evensr_cuda_emulated.so, which runs the same kernels on the CPU, for tests.
file(GLOB EVENSR_KERNELS CONFIGURE_DEPENDS cuda/*.cu cuda/degrade/*.cu cuda/nn/*.cu)

# Host code that the plugins share with the addon.
set(EVENSR_PLUGIN_SOURCES ${CMAKE_SOURCE_DIR}/native/cpu/poisson_tables.cc)

function(evensr_plugin target)
  add_library(${target} MODULE ${EVENSR_KERNELS} ${EVENSR_PLUGIN_SOURCES})
  set_target_properties(${target} PROPERTIES PREFIX "" SUFFIX ".so")
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/cuda ${CMAKE_SOURCE_DIR}/native)
  target_link_options(${target} PRIVATE -Wl,--exclude-libs,ALL)
endfunction()

set(EVENSR_HAVE_NVCC OFF)
if(NOT EVENSR_CUDA STREQUAL "OFF")
  # A CUDA install does not put nvcc into PATH.
  find_program(EVENSR_NVCC nvcc HINTS ENV CUDA_HOME ENV CUDA_PATH PATHS /usr/local/cuda PATH_SUFFIXES bin)
  if(EVENSR_NVCC)
    set(EVENSR_HAVE_NVCC ON)
  elseif(EVENSR_CUDA STREQUAL "ON")
    message(FATAL_ERROR "EVENSR_CUDA=ON but no nvcc was found. Set CUDA_HOME, or use -DEVENSR_CUDA=AUTO")
  endif()
endif()
if(EVENSR_HAVE_NVCC)
  include(cmake/nvcc.cmake)
  evensr_plugin(evensr_cuda)
  evensr_cuda_sources(evensr_cuda)
  target_compile_definitions(evensr PRIVATE EVENSR_HAVE_NVCC)
endif()

if(EVENSR_EMULATED)
  # In a folder of its own, where the kernels are C++ files.
  add_subdirectory(test/cuda-emulation)
endif()
message(STATUS "evensr: nvcc ${EVENSR_NVCC}, CUDA ${EVENSR_CUDA}, emulated ${EVENSR_EMULATED}")
