// PyTorch in a process of its own (benchmarks/gpu/peer.py).
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace evensr::driver {

class Peer {
 public:
  // Starts it. Throws std::runtime_error when it does not come up.
  Peer(const std::string& python, const std::string& script, const std::string& device);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  const std::string& description() const { return description_; }
  // Sends a line of JSON; the words of the answer. Throws std::runtime_error with what the peer
  // says when it cannot, or when it takes longer than `seconds`; it is then started afresh.
  std::vector<std::string> ask(const std::string& json, double seconds);
  // The same, and asked again of every peer that is started afresh.
  std::vector<std::string> prepare(const std::string& json, double seconds);

 private:
  std::vector<std::string> exchange(const std::string& json, double seconds);
  void start();
  void stop();
  std::string readLine(double seconds);

  const std::string python_, script_, device_;
  std::string description_, pending_, prepared_;
  pid_t process_ = -1;
  int to_ = -1, from_ = -1;
};

}  // namespace evensr::driver
