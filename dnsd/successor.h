// The process that takes over from a running dnsd; see dnsd/predecessor.h for what the two say to each other.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "base/socket_bag.h"
#include "base/uv.h"

namespace dnsd {

inline constexpr int kReplaceVersion = 1;  // of what is said and handed over

class Successor {
 public:
  static constexpr base::Duration kPatience = base::seconds(10);  // for hearing what the predecessor hears

  struct Hooks {
    std::function<std::set<std::string>()> heard;    // members whose claims come in: "site1/main"
    std::function<std::set<std::string>()> members;  // all that are configured
    std::function<void()> take;                      // the predecessor decides no more: read the memory, serve
    std::function<void()> alone;                     // after serving(): the predecessor has ended its part
    std::function<void(const std::string&)> fail;    // stop at once, the predecessor goes on; says why
  };

  // Asks the dnsd at the control socket `at` for its sockets; blocks, for some seconds at most. Null if nobody is
  // there. Error: it refuses, or does not answer.
  [[nodiscard]] static base::Result<std::unique_ptr<Successor>> ask(const std::filesystem::path& at);

  [[nodiscard]] base::SocketBag& sockets() { return sockets_; }
  [[nodiscard]] const std::vector<std::string>& secrets() const { return secrets_; }

  // Asks for the work, again and again until this process hears every member that the predecessor hears. Once; from the
  // loop's thread.
  void begin(base::Loop& loop, Hooks hooks);
  // After Hooks::take: the workers answer.
  void serving();
  // The predecessor has ended its part: this process is on its own.
  [[nodiscard]] bool over() const { return over_; }

 private:
  enum class Stage { kAsking, kTaken, kServing };
  explicit Successor(base::Fd connection) : connection_(std::move(connection)) {}
  base::Result<void> receive_sockets();
  void ask_again();
  void receive();
  void hear(const std::string& line);
  void ended();
  void be_alone();
  void close();
  void tell(const std::string& line);

  Hooks hooks_;
  Stage stage_ = Stage::kAsking;
  bool over_ = false;
  base::SocketBag sockets_;
  std::vector<std::string> secrets_;
  std::string in_;
  std::string missing_;  // what the predecessor hears and this process does not
  base::Fd connection_;  // outlives `poll_`
  std::unique_ptr<base::Poll> poll_;
  std::unique_ptr<base::Timer> again_;
  std::unique_ptr<base::Timer> patience_;
};

}  // namespace dnsd
