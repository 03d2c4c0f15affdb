// JPEG by both coders.
#include "operator_check.h"

namespace evensr::driver {
namespace {

struct Batch {
  std::vector<JpegJob> jobs;
  std::vector<std::vector<float>> pictures;
  void add(Dice& dice, Size size, JpegParameters parameters, Picture picture) {
    jobs.push_back({{nullptr, 3, size.height, size.width}, parameters});
    pictures.push_back(pictureOf(dice, picture, size));
  }
};

// The job's number chooses, so that none of the special qualities is left out.
JpegParameters parametersOf(Dice& dice, size_t job, JpegBackend backend, Subsampling subsampling) {
  // 0.3 and 100 are the ends; the formula of the steps changes at 50.
  constexpr double kQualities[] = {0.3, 1, 4.5, 20, 30.7, 49.9, 50, 75.25, 95, 99.4, 99.9, 100};
  const double quality = job % 2 == 0 ? kQualities[job / 2 % 12] : dice.between(1, 100);
  return {quality, backend, subsampling};
}

void checkCoder(Context& context, JpegBackend backend, Subsampling subsampling) {
  Dice dice(context.seed);
  Batch batch;
  const auto add = [&](Size size, int picture) {
    batch.add(dice, size, parametersOf(dice, batch.jobs.size(), backend, subsampling),
              static_cast<Picture>(picture));
  };
  for (const Size size : awkwardSizes(dice, 1)) add(size, dice.integer(kPictures));
  for (int i = 0; i < 8 * context.effort; i++) {
    add({1 + dice.integer(80), 1 + dice.integer(80)}, i % kPictures);
  }
  add({131, 203}, static_cast<int>(Picture::smooth));
  compareInPlace(context, batch.jobs, batch.pictures, &DegradeBackend::jpeg);
}

const Registered diff("degrade/jpeg/diffjpeg", [](Context& context) {
  checkCoder(context, JpegBackend::diffjpeg, Subsampling::yuv420);
});

const Registered libjpeg420("degrade/jpeg/libjpeg-420", [](Context& context) {
  checkCoder(context, JpegBackend::libjpeg, Subsampling::yuv420);
});

const Registered libjpeg444("degrade/jpeg/libjpeg-444", [](Context& context) {
  checkCoder(context, JpegBackend::libjpeg, Subsampling::yuv444);
});

// In one batch: every quality that libjpeg knows, and DiffJPEG between them.
const Registered qualities("degrade/jpeg/qualities", [](Context& context) {
  Dice dice(context.seed);
  Batch batch;
  for (int quality = 1; quality <= 100; quality++) {
    const Subsampling subsampling = dice.chance(0.5) ? Subsampling::yuv420 : Subsampling::yuv444;
    const Size size{1 + dice.integer(40), 1 + dice.integer(40)};
    batch.add(dice, size, {double(quality), JpegBackend::libjpeg, subsampling}, Picture::noise);
    if (quality % 4 == 0) {
      batch.add(dice, size, {quality - dice.uniform(), JpegBackend::diffjpeg, subsampling},
                Picture::smooth);
    }
  }
  compareInPlace(context, batch.jobs, batch.pictures, &DegradeBackend::jpeg);
});

}  // namespace
}  // namespace evensr::driver
