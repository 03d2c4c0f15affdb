// The noise of cameras.
#include <cmath>

#include "operator_check.h"

namespace evensr::driver {
namespace {

IspJob cameraJob(Dice& dice, Size size) {
  IspJob job = {};
  job.image = {nullptr, 3, size.height, size.width};
  job.parameters.gain = dice.between(0.7, 1.4);
  job.parameters.red = dice.between(1.9, 2.4);
  job.parameters.blue = dice.between(1.5, 1.9);
  for (double& weight : job.parameters.weights) weight = dice.between(0.01, 1);
  job.parameters.shot = std::pow(10, dice.between(-4, -1.9));
  job.parameters.read = dice.chance(0.2) ? 0 : std::pow(10, dice.between(-6, -2));
  job.key = {dice.word(), dice.word()};
  job.stage = dice.integer(2);
  return job;
}

const Registered camera("degrade/isp/sizes", [](Context& context) {
  Dice dice(context.seed);
  std::vector<IspJob> jobs;
  std::vector<std::vector<float>> pictures;
  const auto add = [&](Size size, int picture) {
    jobs.push_back(cameraJob(dice, size));
    pictures.push_back(pictureOf(dice, static_cast<Picture>(picture), size));
  };
  for (const Size size : awkwardSizes(dice, 2)) add(size, dice.integer(kPictures));
  for (int i = 0; i < 4 * context.effort; i++) {
    add({30 + dice.integer(40), 30 + dice.integer(40)}, i % kPictures);
  }
  add({133, 201}, static_cast<int>(Picture::smooth));
  compareInPlace(context, jobs, pictures, &DegradeBackend::isp);
});

}  // namespace
}  // namespace evensr::driver
