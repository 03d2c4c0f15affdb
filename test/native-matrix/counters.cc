// Degrades the images of a file and sees to it that no random block is computed twice: a recipe
// uses every counter once, under its own keys only, and no two recipes share a key. Built with
// tracked/math/philox.h and without cpu/noise_words.cc, so that every noise operator comes by here.
//
// Retries of large Poisson rates (c3 > 0) are looked at but for repeats: lists of rejected pixels
// are filled up to whole vectors with the first of them. Two operators that shared their retries
// would share their first attempts, too.
//
//   counters FILE
#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <vector>

#include "cpu/cpu_degrade.h"
#include "cpu/noise_words.h"
#include "degrade/degrade.h"
#include "images.h"
#include "math/philox.h"

using namespace evensr;

namespace {

using Use = std::array<uint32_t, 6>;  // key, counter
std::vector<Use> uses;

int fail(const char* what, int image) {
  std::fprintf(stderr, "image %d: %s\n", image, what);
  return 1;
}

}  // namespace

// Any numbers will do, as long as they are uniform: a mix of all six words (the finaliser of
// MurmurHash3 after each).
PhiloxBlock evensr::philox4x32(uint32_t k0, uint32_t k1, uint32_t c0, uint32_t c1, uint32_t c2,
                               uint32_t c3) {
  uses.push_back({k0, k1, c0, c1, c2, c3});
  uint32_t words[4], hash = 0;
  const auto mix = [&hash](uint32_t word) {
    hash = (hash ^ word) * 0x9E3779B9u;
    hash = (hash ^ hash >> 16) * 0x85EBCA6Bu;
    hash = (hash ^ hash >> 13) * 0xC2B2AE35u;
    hash ^= hash >> 16;
  };
  for (const uint32_t word : uses.back()) mix(word);
  for (uint32_t& word : words) {
    mix(0);
    word = hash;
  }
  return {words[0], words[1], words[2], words[3]};
}

void evensr::cpu::noiseWordsOf(const NoiseField& field, uint32_t firstGroup, NoiseWords& out) {
  for (uint32_t lane = 0; lane < kNoiseLanes; lane++) {
    const PhiloxBlock block = noiseWords(field, firstGroup + lane);
    out.words[0][lane] = block.w0, out.words[1][lane] = block.w1;
    out.words[2][lane] = block.w2, out.words[3][lane] = block.w3;
  }
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  cpu::CpuDegradeBackend backend;
  Degrader degrader(backend);
  ImageFile file(argv[1]);
  TestImage image;
  std::set<std::array<uint32_t, 2>> keys;
  std::set<uint32_t> purposes;
  size_t blocks = 0;
  int images = 0;
  for (; file.next(image); images++) {
    const ImagePlan plan = planImage(image.recipe, image.height, image.width, file.bank());
    std::vector<float> lq(size_t{3} * plan.lqHeight * plan.lqWidth);
    const DegradeImage job{{image.gt.data(), 3, image.height, image.width},
                           &plan,
                           {lq.data(), 3, plan.lqHeight, plan.lqWidth}};
    uses.clear();
    degrader.run(&job, 1, file.bank());

    if (!keys.insert({plan.key.k0, plan.key.k1}).second)
      return fail("a key was there before", images);
    for (const Use& use : uses) {
      const bool own = use[0] == plan.key.k0 && use[1] == plan.key.k1;
      const bool ofGray = use[0] == plan.grayKey.k0 && use[1] == plan.grayKey.k1;
      if (!own && !ofGray) return fail("a key that is not the recipe's", images);
      purposes.insert(use[4]);
    }
    const auto isRetry = [](const Use& use) { return use[5] > 0; };
    uses.erase(std::remove_if(uses.begin(), uses.end(), isRetry), uses.end());
    std::sort(uses.begin(), uses.end());
    if (std::adjacent_find(uses.begin(), uses.end()) != uses.end()) {
      return fail("a counter was used twice", images);
    }
    blocks += uses.size();
  }
  std::printf("%d images, %zu blocks, %zu purposes\n", images, blocks, purposes.size());
}
