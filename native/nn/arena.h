// Places for blocks of different lifetimes in one piece of memory that is allocated once.
#pragma once

#include <cstddef>
#include <vector>

namespace evensr {

// Replays, before anything runs, which blocks are alive when, and gives each a place that no block
// alive at the same time has. Blocks are counted references.
class Arena {
 public:
  // A new block with one reference; returns its id.
  int acquire(size_t bytes);
  // A block that lies `offset` bytes within another, and keeps that one alive.
  int acquireWithin(int block, size_t offset);
  void retain(int block) { blocks_[block].references++; }
  // With its last reference the block's place is free for others.
  void release(int block);
  int references(int block) const { return blocks_[block].references; }
  size_t offset(int block) const { return blocks_[block].offset; }
  // Bytes that the whole arena needs.
  size_t size() const { return size_; }

 private:
  struct Block {
    size_t offset, bytes;
    int references;
    int within;  // -1: none
  };
  std::vector<Block> blocks_;
  std::vector<int> live_;  // by rising offset
  size_t size_ = 0;
};

}  // namespace evensr
