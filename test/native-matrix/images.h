// The file of images and recipes that test/image-file.ts writes. Doubles: kernels, their side,
// patches, their side. Floats: the kernels. Bytes: the patches. Then an image after the other: its
// height, width and recipe as doubles, its (3, H, W) levels as bytes.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <vector>

#include "degrade/bank.h"
#include "degrade/recipe.h"

struct TestImage {
  int height = 0, width = 0;
  evensr::Recipe recipe;
  std::vector<float> gt;
};

class ImageFile {
 public:
  explicit ImageFile(const char* path) : file_(std::fopen(path, "rb"), std::fclose) {
    if (!file_) throw std::runtime_error("cannot open the images");
    const auto kernels = static_cast<size_t>(one<double>());
    bank_.kernelCount = static_cast<int>(kernels);
    bank_.kernelSize = static_cast<int>(one<double>());
    const auto patches = static_cast<size_t>(one<double>());
    bank_.patchSize = static_cast<int>(one<double>());
    bank_.kernels = some<float>(kernels * bank_.kernelSize * bank_.kernelSize);
    const size_t stride = size_t{3} * bank_.patchSize;
    patches_ = some<uint8_t>(patches * bank_.patchSize * stride);
    for (size_t i = 0; i < patches; i++) {
      bank_.patches.push_back({patches_.data() + i * bank_.patchSize * stride, stride});
    }
  }

  const evensr::DegradeBank& bank() const { return bank_; }

  // False at the end.
  bool next(TestImage& image) {
    double height;
    if (std::fread(&height, sizeof height, 1, file_.get()) != 1) return false;
    image.height = static_cast<int>(height);
    image.width = static_cast<int>(one<double>());
    image.recipe = one<evensr::Recipe>();
    image.gt.clear();
    for (const uint8_t level : some<uint8_t>(size_t{3} * image.height * image.width)) {
      image.gt.push_back(static_cast<float>(level) / 255.0f);
    }
    return true;
  }

 private:
  template <class T>
  std::vector<T> some(size_t count) {
    std::vector<T> values(count);
    if (std::fread(values.data(), sizeof(T), count, file_.get()) != count) {
      throw std::runtime_error("the images end too early");
    }
    return values;
  }

  template <class T>
  T one() {
    return some<T>(1)[0];
  }

  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  evensr::DegradeBank bank_;
  std::vector<uint8_t> patches_;
};
