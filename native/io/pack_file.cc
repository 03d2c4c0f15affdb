#include "io/pack_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "error.h"

namespace evensr {
namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw CodedError("E_PACK", "cannot use pack " + path + ": " + why);
}

std::string lastError() { return std::generic_category().message(errno); }

// Non-blocking, so that a FIFO does not wait for a writer.
int openRegularFile(const std::string& path, uint64_t* size) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) refuse(path, lastError());
  struct stat status;
  const bool readable = ::fstat(file, &status) == 0;
  if (!readable || !S_ISREG(status.st_mode)) {
    const std::string why = readable ? "not a regular file" : lastError();
    ::close(file);
    refuse(path, why);
  }
  *size = static_cast<uint64_t>(status.st_size);
  return file;
}

}  // namespace

PackFile::PackFile(const std::string& path, std::vector<PackedImage> images)
    : path_(path), images_(std::move(images)) {
  file_ = openRegularFile(path, &size_);
  try {
    checkImages();
    if (size_ == 0) return;
    void* map = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file_, 0);
    if (map == MAP_FAILED) refuse(path, lastError());
    data_ = static_cast<const uint8_t*>(map);
  } catch (...) {
    ::close(file_);
    throw;
  }
}

PackFile::~PackFile() {
  if (data_ != nullptr) ::munmap(const_cast<uint8_t*>(data_), size_);
  ::close(file_);
}

void PackFile::checkImages() const {
  for (size_t i = 0; i < images_.size(); i++) {
    const PackedImage& image = images_[i];
    const uint64_t bytes = uint64_t{3} * image.height * image.width;
    if (image.offset > size_ || bytes > size_ - image.offset) {
      refuse(path_, "image " + std::to_string(i) + " ends beyond the file's " +
                        std::to_string(size_) + " bytes");
    }
  }
}

void PackFile::checkStillWhole() const {
  struct stat status;
  if (::fstat(file_, &status) != 0) refuse(path_, lastError());
  if (static_cast<uint64_t>(status.st_size) < size_) {
    refuse(path_, "it was cut from " + std::to_string(size_) + " to " +
                      std::to_string(status.st_size) + " bytes while in use");
  }
}

}  // namespace evensr
