// Memory that one worker thread reuses from image to image.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "tensor.h"

namespace evensr {

// Blocks that grow on demand and are kept: after the largest image nothing is allocated any more.
class Scratch {
 public:
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

 private:
  friend class ScratchFrame;
  std::vector<AlignedArray<unsigned char>> blocks_;
  size_t block_ = 0;
  size_t used_ = 0;
};

// What a function takes from the scratch between its braces; frames nest like the calls.
class ScratchFrame {
 public:
  explicit ScratchFrame(Scratch& scratch)
      : scratch_(scratch), block_(scratch.block_), used_(scratch.used_) {}
  ~ScratchFrame() {
    scratch_.block_ = block_;
    scratch_.used_ = used_;
  }
  ScratchFrame(const ScratchFrame&) = delete;
  ScratchFrame& operator=(const ScratchFrame&) = delete;

  // `count` elements, 64-byte aligned, not initialised, valid until this frame ends.
  template <class T>
  T* take(size_t count) {
    const size_t bytes = (count * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
    Scratch& s = scratch_;
    while (s.block_ < s.blocks_.size() && s.blocks_[s.block_].size() - s.used_ < bytes) {
      s.block_++;
      s.used_ = 0;
    }
    if (s.block_ == s.blocks_.size()) {
      s.blocks_.emplace_back(std::max(bytes, kSmallestBlock));
      s.used_ = 0;
    }
    T* memory = reinterpret_cast<T*>(s.blocks_[s.block_].data() + s.used_);
    s.used_ += bytes;
    return memory;
  }

 private:
  static constexpr size_t kSmallestBlock = size_t{1} << 20;
  Scratch& scratch_;
  size_t block_;
  size_t used_;
};

}  // namespace evensr
