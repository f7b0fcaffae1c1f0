// A running dnsd hands its work to the next one (`dnsd serve --replace`), and takes it back if that fails.
//
// Over one connection of the control socket, a line each:
//   successor    {"command":"replace",…}       I have read my configuration and compiled my zones
//   predecessor  {"exit":0,"data":{…}} + fds   every socket, and what nobody else knows; I serve on
//   successor    take site1/main … / …         these members I hear, of all these; may I?
//   predecessor  wait site2/main …             I hear these as well, which you know; ask again
//   predecessor  yours                         I decide and write nothing any more; the memory on the disk is whole
//   successor    serving                       my workers answer
//   predecessor  bye                           I receive nothing any more; my TCP clients finish, then I end
// A connection that breaks before `serving`, or a successor that is late with it, is answered by going on as before.
//
// One of the two decides at any time (protocol.md section 3, dnsd): between `yours` and `serving` the predecessor's
// workers repeat what it answered last, for kPatience at most, and the successor begins with the epochs and answers
// that its predecessor wrote down, and with claims that it verified by nonces of its own. So neither answers a lower
// counter than the other did; that both answer for a moment is no more than two name servers of one zone do.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/io/control.h"
#include "base/uv.h"

namespace dnsd {

class Predecessor {
 public:
  static constexpr base::Duration kPatience = base::seconds(5);  // from `yours` to `serving`

  struct Hooks {
    std::function<std::vector<int>()> sockets;
    std::function<std::vector<std::string>()> secrets;  // of server cookies, hexadecimal
    std::function<std::set<std::string>()> heard;       // members whose claims come in: "site1/main"
    std::function<void()> pause;                        // decide, write and tell nothing
    std::function<void()> resume;                       // after pause(): the memory is to be read again
    std::function<void(pid_t successor)> retire;        // the end, as soon as no client is left
  };
  Predecessor(base::Loop& loop, Hooks hooks);

  // The command `replace`: root, or the user as whom this process runs, may give it; one at a time.
  void begin(const io::ControlRequest& request, const io::ControlAnswer& answer);
  // Another process has the sockets, or has taken over.
  [[nodiscard]] bool active() const { return stage_ != Stage::kIdle; }

 private:
  enum class Stage { kIdle, kAsked, kPaused, kOver };
  void receive();
  void hear(const std::string& line);
  void allow(const std::string& members);
  void tell(const std::string& line);
  void give_up(const std::string& why);
  void drop();

  base::Loop& loop_;
  const Hooks hooks_;
  Stage stage_ = Stage::kIdle;
  pid_t successor_ = 0;
  std::string in_;
  base::Fd connection_;  // outlives `poll_`
  std::unique_ptr<base::Poll> poll_;
  base::Timer patience_;
};

// "site1/main site2/main" as a set, and back.
[[nodiscard]] std::set<std::string> split_members(const std::string& text);
[[nodiscard]] std::string join_members(const std::set<std::string>& members);

}  // namespace dnsd
