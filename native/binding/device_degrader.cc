#include "binding/device_degrader.h"

namespace evensr {

DeviceDegrader::DeviceDegrader(const std::string& name) {
  const CudaTarget target = openCudaDevice(name);
  backend_ = target.api->degradeBackend(target.device);
}

// Memory for the `slot`-th image of a batch, kept for the next.
ImageView DeviceDegrader::image(size_t slot, const ImageView& like) {
  if (images_.size() <= slot) images_.resize(slot + 1);
  Memory& place = images_[slot];
  const size_t bytes = like.size() * sizeof(float);
  if (place.bytes < bytes) {
    place = {};
    place = {backend_->allocate(bytes), bytes};
  }
  ImageView view = like;
  view.data = static_cast<float*>(place.memory->data());
  return view;
}

void DeviceDegrader::run(const std::vector<HostSample>& samples, const DegradeBank& bank) {
  const std::lock_guard<std::mutex> lock(mutex_);
  backend_->makeCurrent();
  std::vector<DegradeImage> images;
  std::vector<CopyJob> sharpenings;
  size_t slot = 0;
  for (const HostSample& sample : samples) {
    ImageView gt = image(slot++, sample.plain);
    backend_->upload(sample.plain.data, gt.data, gt.size() * sizeof(float));
    if (sample.sharpened.data != nullptr) {
      const ImageView sharpened = image(slot++, sample.sharpened);
      sharpenings.push_back({gt, sharpened});
      gt = sharpened;
    }
    images.push_back({gt, sample.plan, image(slot++, sample.lq)});
  }
  if (!sharpenings.empty()) {
    backend_->usm(sharpenings.data(), static_cast<int>(sharpenings.size()));
  }
  Degrader degrader(*backend_);
  degrader.run(images.data(), static_cast<int>(images.size()), bank);
  const auto fetch = [&](const ImageView& from, const ImageView& to) {
    backend_->download(from.data, to.data, to.size() * sizeof(float));
  };
  for (size_t i = 0; i < samples.size(); i++) {
    if (samples[i].sharpened.data != nullptr) fetch(images[i].gt, samples[i].sharpened);
    fetch(images[i].lq, samples[i].lq);
  }
}

std::shared_ptr<DeviceDegrader> DeviceDegraders::at(const std::string& name) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::shared_ptr<DeviceDegrader>& device = devices_[name];
  if (!device) device = std::make_shared<DeviceDegrader>(name);
  return device;
}

}  // namespace evensr
