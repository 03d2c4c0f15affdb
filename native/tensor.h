// Memory of images and tensors.
//
// Letters used for shapes everywhere: B batch, C channels, H W height and width of gt, h w of lq,
// s scale (H = s h), T tasks. Images are planar float32 in [0, 1], RGB, (B, C, H, W), unless said.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

namespace evensr {

constexpr size_t kAlignment = 64;  // one cache line, one AVX-512 register

// A 64-byte aligned array of `T` that owns its memory. Contents are not initialised.
template <class T>
class AlignedArray {
 public:
  AlignedArray() = default;
  explicit AlignedArray(size_t count) : size_(count) {
    const size_t bytes = (count * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
    if (bytes == 0) return;
    data_.reset(static_cast<T*>(std::aligned_alloc(kAlignment, bytes)));
    if (!data_) throw std::bad_alloc();
  }
  // What was moved from is empty.
  AlignedArray(AlignedArray&& other) noexcept
      : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {}
  AlignedArray& operator=(AlignedArray&& other) noexcept {
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  size_t size() const { return size_; }
  T& operator[](size_t i) { return data_.get()[i]; }
  const T& operator[](size_t i) const { return data_.get()[i]; }

 private:
  struct Free {
    void operator()(T* p) const { std::free(p); }
  };
  std::unique_ptr<T, Free> data_;
  size_t size_ = 0;
};

using FloatArray = AlignedArray<float>;

// At least as many values; what was in it is lost when it was smaller.
template <class T>
void grow(AlignedArray<T>& memory, size_t count) {
  if (memory.size() < count) memory = AlignedArray<T>(count);
}

// A planar image that somebody else owns: (C, H, W).
struct ImageView {
  float* data = nullptr;
  int channels = 0;
  int height = 0;
  int width = 0;
  size_t plane() const { return static_cast<size_t>(height) * width; }
  size_t size() const { return plane() * channels; }
};

}  // namespace evensr
