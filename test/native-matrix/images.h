// The file of images and recipes that test/native-matrix.ts writes: per image its height, width
// and the recipe as doubles, then its (3, H, W) levels as bytes.
#pragma once

#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <vector>

#include "degrade/recipe.h"

struct TestImage {
  int height = 0, width = 0;
  evensr::Recipe recipe;
  std::vector<float> gt;
};

inline std::vector<TestImage> readImages(const char* path) {
  std::FILE* file = std::fopen(path, "rb");
  if (!file) throw std::runtime_error("cannot open the images");
  std::vector<TestImage> images;
  double size[2];
  while (std::fread(size, sizeof size, 1, file) == 1) {
    TestImage image;
    image.height = static_cast<int>(size[0]);
    image.width = static_cast<int>(size[1]);
    std::vector<uint8_t> levels(size_t{3} * image.height * image.width);
    const bool whole = std::fread(&image.recipe, sizeof image.recipe, 1, file) == 1 &&
                       std::fread(levels.data(), levels.size(), 1, file) == 1;
    if (!whole) throw std::runtime_error("the images end too early");
    for (const uint8_t level : levels) image.gt.push_back(static_cast<float>(level) / 255.0f);
    images.push_back(std::move(image));
  }
  std::fclose(file);
  return images;
}
