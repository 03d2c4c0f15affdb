// A memory-mapped pack of decoded photographs: raw uint8 RGB, (height, width, 3), read only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace evensr {

struct PackedImage {
  uint64_t offset;  // bytes from the start of the file
  int height;
  int width;
};

class PackFile {
 public:
  // Throws E_PACK when the file cannot be opened, is not a regular file, or an image does not lie
  // inside it.
  PackFile(const std::string& path, std::vector<PackedImage> images);
  ~PackFile();
  PackFile(const PackFile&) = delete;
  PackFile& operator=(const PackFile&) = delete;

  const std::vector<PackedImage>& images() const { return images_; }
  const uint8_t* pixels(size_t image) const { return data_ + images_[image].offset; }

  // Throws E_PACK when somebody has cut the file since: reading beyond its end would kill the
  // process.
  void checkStillWhole() const;

 private:
  void checkImages() const;

  std::string path_;
  std::vector<PackedImage> images_;
  int file_ = -1;
  uint64_t size_ = 0;
  const uint8_t* data_ = nullptr;
};

}  // namespace evensr
