// The one place that writes files which must survive a kill and a power cut.
#pragma once

#include <sys/statvfs.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace evensr {

// The system calls a durable write makes, each with the meaning of the call of that name (-1 and
// errno on failure). Tests replace them to fail, shorten or kill at any one of them.
class FileCalls {
 public:
  virtual ~FileCalls() = default;
  virtual int statvfs(const char* path, struct ::statvfs* found);
  virtual int open(const char* path, int flags, mode_t mode);
  virtual ssize_t write(int fd, const void* data, size_t count);
  virtual ssize_t read(int fd, void* data, size_t count);
  virtual int fsync(int fd);
  virtual int close(int fd);
  virtual int rename(const char* from, const char* to);
  virtual int unlink(const char* path);
};

using Bytes = std::vector<uint8_t>;

// Writes `parts`, one after the other, to `path`: temporary name in the same folder, every byte
// counted, fsync, read back and compared, rename, fsync of the folder.
//
// Throws CodedError E_DISK that says which call failed on what, and how many bytes were needed and
// free. Until the rename a failure removes the temporary file and leaves an old file at `path` as
// it was; if only the fsync of the folder fails, the new file is in place but a power cut may undo
// it.
void writeFileDurably(FileCalls& calls, const std::string& path, const std::vector<Bytes>& parts);

}  // namespace evensr
