#include "io/durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "error.h"

namespace evensr {

int FileCalls::statvfs(const char* path, struct ::statvfs* found) { return ::statvfs(path, found); }
int FileCalls::open(const char* path, int flags, mode_t mode) { return ::open(path, flags, mode); }
ssize_t FileCalls::write(int fd, const void* data, size_t count) {
  return ::write(fd, data, count);
}
ssize_t FileCalls::read(int fd, void* data, size_t count) { return ::read(fd, data, count); }
int FileCalls::fsync(int fd) { return ::fsync(fd); }
int FileCalls::close(int fd) { return ::close(fd); }
int FileCalls::rename(const char* from, const char* to) { return ::rename(from, to); }
int FileCalls::unlink(const char* path) { return ::unlink(path); }

namespace {

std::string folderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Unique among processes and among writes of one process, so that two writers of the same file
// never share a temporary one. The leading dot and the ending let others recognise what a kill left
// behind.
std::string temporaryName(const std::string& path) {
  static std::atomic<unsigned> counter{0};
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  return folder + "." + name + "." + std::to_string(::getpid()) + "." +
         std::to_string(counter.fetch_add(1)) + ".tmp";
}

class DurableWrite {
 public:
  DurableWrite(FileCalls& calls, const std::string& path, const std::vector<Bytes>& parts)
      : calls_(calls), path_(path), parts_(parts), temporary_(temporaryName(path)) {
    for (const Bytes& part : parts) size_ += part.size();
  }

  void run() {
    checkSpace();
    try {
      writeTemporary();
      compareTemporary();
      if (calls_.rename(temporary_.c_str(), path_.c_str()) != 0) fail("rename");
    } catch (...) {
      close();
      if (created_) calls_.unlink(temporary_.c_str());
      throw;
    }
    syncFolder();
  }

 private:
  void checkSpace() {
    struct ::statvfs found;
    const std::string folder = folderOf(path_);
    if (calls_.statvfs(folder.c_str(), &found) != 0) fail("statvfs");
    if (freeBytes(found) < size_) {
      throw CodedError("E_DISK", "no room for " + path_ + ": " + std::to_string(size_) +
                                     " bytes needed, " + std::to_string(freeBytes(found)) +
                                     " free - nothing was written");
    }
  }

  void writeTemporary() {
    open(temporary_, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
    created_ = true;
    for (const Bytes& part : parts_) {
      // A full disk often shows first as a short count without an error: the next call then says
      // why.
      for (size_t done = 0; done < part.size();) {
        const ssize_t count = calls_.write(fd_, part.data() + done, part.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count == 0) errno = ENOSPC;
        if (count <= 0) fail("write");
        done += static_cast<size_t>(count);
      }
    }
    // After a failed fsync the pages may be gone although they look clean: never tried twice.
    if (calls_.fsync(fd_) != 0) fail("fsync");
    // Drops the cached pages, so that the comparison reads what the disk holds.
    ::posix_fadvise(fd_, 0, 0, POSIX_FADV_DONTNEED);
    if (close() != 0) fail("close");
  }

  void compareTemporary() {
    open(temporary_, O_RDONLY | O_NOFOLLOW);
    Bytes buffer(1 << 20);
    for (const Bytes& part : parts_) {
      for (size_t done = 0; done < part.size();) {
        const size_t wanted = std::min(buffer.size(), part.size() - done);
        const size_t count = read(buffer.data(), wanted);
        if (count == 0 || std::memcmp(buffer.data(), part.data() + done, count) != 0) differs();
        done += count;
      }
    }
    if (read(buffer.data(), 1) != 0) differs();
    if (close() != 0) fail("close");
  }

  void syncFolder() {
    try {
      open(folderOf(path_), O_RDONLY | O_DIRECTORY);
      if (calls_.fsync(fd_) != 0) fail("fsync of the folder");
    } catch (...) {
      close();
      throw;
    }
    close();
  }

  void open(const std::string& name, int flags) {
    do {
      fd_ = calls_.open(name.c_str(), flags | O_CLOEXEC, 0666);
    } while (fd_ < 0 && errno == EINTR);
    if (fd_ < 0) fail("open");
  }

  size_t read(void* data, size_t count) {
    for (;;) {
      const ssize_t found = calls_.read(fd_, data, count);
      if (found >= 0) return static_cast<size_t>(found);
      if (errno != EINTR) fail("read back");
    }
  }

  // On Linux the descriptor is gone whatever close says, EINTR included.
  int close() {
    if (fd_ < 0) return 0;
    const int result = calls_.close(fd_);
    fd_ = -1;
    return result != 0 && errno == EINTR ? 0 : result;
  }

  [[noreturn]] void fail(const char* call) {
    const int error = errno;
    struct ::statvfs found;
    const bool known = ::statvfs(folderOf(path_).c_str(), &found) == 0;
    throw CodedError(
        "E_DISK", std::string(call) + " failed for " + path_ + ": " + std::strerror(error) + " - " +
                      std::to_string(size_) + " bytes needed, " +
                      (known ? std::to_string(freeBytes(found)) : "unknown") + " free");
  }

  [[noreturn]] void differs() {
    throw CodedError("E_DISK", "what was written to " + path_ +
                                   " reads back differently: the disk or its driver is faulty");
  }

  static uint64_t freeBytes(const struct ::statvfs& found) {
    return static_cast<uint64_t>(found.f_bavail) * found.f_frsize;
  }

  FileCalls& calls_;
  const std::string& path_;
  const std::vector<Bytes>& parts_;
  const std::string temporary_;
  uint64_t size_ = 0;
  int fd_ = -1;
  bool created_ = false;
};

}  // namespace

void writeFileDurably(FileCalls& calls, const std::string& path, const std::vector<Bytes>& parts) {
  DurableWrite(calls, path, parts).run();
}

}  // namespace evensr
