// Device memory is memory of the host here, so host code that reads or writes it would go unseen.
// With EMU_PROTECT=1 only kernels and the runtime's copies can touch it; anything else is a
// segmentation fault, as is a kernel that goes past the end of an allocation by up to a page.
#pragma once
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

#include "sanitizer.h"

namespace cuda_emulation {

constexpr size_t kMemoryAlignment = 256;

inline size_t roundedUp(size_t bytes, size_t multiple) {
  return (bytes + multiple - 1) / multiple * multiple;
}

// Filled with NaN, and with a tail up to the next 256 bytes that ASan guards; null: not enough.
inline char* freshMemory(size_t bytes) {
  const size_t rounded = roundedUp(std::max<size_t>(bytes, 1), kMemoryAlignment);
  char* memory = static_cast<char*>(std::aligned_alloc(kMemoryAlignment, rounded));
  if (!memory) return nullptr;
  memset(memory, 0xFF, bytes);
  poison(memory + bytes, rounded - bytes);
  return memory;
}

// Allocations that end at a page's end, with a page behind them that nobody may touch.
class ProtectedMemory {
 public:
  static bool isOn() {
    static const bool on = getenv("EMU_PROTECT") && atoi(getenv("EMU_PROTECT")) != 0;
    return on;
  }
  static ProtectedMemory& instance() {
    static auto* memory = new ProtectedMemory;
    return *memory;
  }

  char* allocate(size_t bytes) {
    const std::lock_guard lock(mutex_);
    const size_t rounded = roundedUp(std::max<size_t>(bytes, 1), kMemoryAlignment);
    const size_t pages = roundedUp(rounded, page_);
    void* mapped = mmap(nullptr, pages + page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return nullptr;
    char* start = static_cast<char*>(mapped);
    mprotect(start, pages, PROT_READ | PROT_WRITE);
    memset(start, 0xFF, pages);
    if (users_ == 0) mprotect(start, pages, PROT_NONE);
    char* data = start + pages - rounded;
    regions_[data] = {start, pages};
    return data;
  }
  void release(void* data) {
    const std::lock_guard lock(mutex_);
    const auto found = regions_.find(data);
    if (found == regions_.end()) return;
    munmap(found->second.start, found->second.bytes + page_);
    regions_.erase(found);
  }
  // Between enter() and leave() memory can be touched.
  void enter() {
    const std::lock_guard lock(mutex_);
    if (users_++ == 0) protectAll(PROT_READ | PROT_WRITE);
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    if (--users_ == 0) protectAll(PROT_NONE);
  }

 private:
  struct Region {
    void* start;
    size_t bytes;
  };
  void protectAll(int access) {
    for (const auto& [data, region] : regions_) mprotect(region.start, region.bytes, access);
  }

  const size_t page_ = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  std::mutex mutex_;
  std::map<void*, Region> regions_;
  int users_ = 0;
};

// What touches device memory holds one.
class DeviceAccess {
 public:
  DeviceAccess() {
    if (ProtectedMemory::isOn()) ProtectedMemory::instance().enter();
  }
  ~DeviceAccess() {
    if (ProtectedMemory::isOn()) ProtectedMemory::instance().leave();
  }
  DeviceAccess(const DeviceAccess&) = delete;
};

}  // namespace cuda_emulation
