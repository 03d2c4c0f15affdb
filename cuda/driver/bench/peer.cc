#include "bench/peer.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <sstream>
#include <stdexcept>

namespace evensr::driver {
namespace {

constexpr double kSecondsToStart = 60;  // PyTorch's import
constexpr double kSecondsToPrepare = 120;

std::vector<std::string> wordsOf(const std::string& line) {
  std::istringstream text(line);
  std::vector<std::string> words;
  for (std::string word; text >> word;) words.push_back(word);
  return words;
}

}  // namespace

Peer::Peer(const std::string& python, const std::string& script, const std::string& device)
    : python_(python), script_(script), device_(device) {
  signal(SIGPIPE, SIG_IGN);  // a peer that died shows in write()
  start();
}

Peer::~Peer() { stop(); }

void Peer::start() {
  int toPeer[2], fromPeer[2];
  if (pipe(toPeer) != 0) throw std::runtime_error("no pipe to the peer");
  if (pipe(fromPeer) != 0) throw std::runtime_error("no pipe from the peer");
  process_ = fork();
  if (process_ == 0) {
    dup2(toPeer[0], 0);
    dup2(fromPeer[1], 1);
    for (const int end : {toPeer[0], toPeer[1], fromPeer[0], fromPeer[1]}) close(end);
    execlp(python_.c_str(), python_.c_str(), script_.c_str(), "--device", device_.c_str(), nullptr);
    _exit(127);
  }
  close(toPeer[0]);
  close(fromPeer[1]);
  to_ = toPeer[1];
  from_ = fromPeer[0];
  pending_.clear();
  description_ = readLine(kSecondsToStart);
}

void Peer::stop() {
  if (process_ < 0) return;
  close(to_);
  close(from_);
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

std::string Peer::readLine(double seconds) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  for (;;) {
    const size_t newline = pending_.find('\n');
    if (newline != std::string::npos) {
      const std::string line = pending_.substr(0, newline);
      pending_.erase(0, newline + 1);
      return line;
    }
    const double left = std::chrono::duration<double>(end - Clock::now()).count();
    pollfd state{from_, POLLIN, 0};
    if (left <= 0 || poll(&state, 1, static_cast<int>(left * 1000)) <= 0) {
      throw std::runtime_error("the peer took too long");
    }
    char text[4096];
    const ssize_t count = read(from_, text, sizeof text);
    if (count <= 0) throw std::runtime_error("the peer ended");
    pending_.append(text, count);
  }
}

std::vector<std::string> Peer::prepare(const std::string& json, double seconds) {
  prepared_.clear();
  const std::vector<std::string> words = ask(json, seconds);
  prepared_ = json;
  return words;
}

std::vector<std::string> Peer::ask(const std::string& json, double seconds) {
  if (process_ < 0) {
    start();
    if (!prepared_.empty()) exchange(prepared_, kSecondsToPrepare);
  }
  return exchange(json, seconds);
}

std::vector<std::string> Peer::exchange(const std::string& json, double seconds) {
  const std::string line = json + "\n";
  std::string answer;
  try {
    for (size_t sent = 0; sent < line.size();) {
      const ssize_t count = write(to_, line.data() + sent, line.size() - sent);
      if (count <= 0) throw std::runtime_error("the peer ended");
      sent += count;
    }
    answer = readLine(seconds);
  } catch (const std::runtime_error&) {
    stop();
    throw;
  }
  std::vector<std::string> words = wordsOf(answer);
  if (words.empty() || words[0] != "ok") throw std::runtime_error(answer);
  words.erase(words.begin());
  return words;
}

}  // namespace evensr::driver
