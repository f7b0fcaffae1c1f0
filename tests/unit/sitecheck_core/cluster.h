// Several sites that run the core against each other, with witnesses and an etcd, on one clock: healthy nodes, a shell
// that does what it is told, a network that can be cut in each direction.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ecv/witness.h"
#include "sitecheck/core/site.h"

namespace core::testing {

class Cluster {
 public:
  // Sites "site1", "site2", … and witnesses "w1", …. Change configurations before start().
  Cluster(ArbiterKind arbiter, int sites, int witnesses);
  void start();
  void run(base::Duration d);
  void run_ms(int ms) { run(base::milliseconds(ms)); }
  // Runs until site `i` is in this state; false after `limit`.
  bool reach(int i, State state, base::Duration limit = base::seconds(20));
  // Runs until some site is ACTIVE; its index, or -1 after `limit`.
  int writer(base::Duration limit = base::seconds(20));

  [[nodiscard]] PoolView view(int i) const { return members[index(i)].site->pool(0, now); }
  [[nodiscard]] State state(int i) const { return view(i).state; }
  [[nodiscard]] std::uint64_t count(int i, Counter c) const { return view(i).counters.get(c); }
  [[nodiscard]] bool writable(int i) const { return members[index(i)].writable; }
  // Two databases took writes at once, at any time.
  [[nodiscard]] bool overlap() const { return overlap_; }

  void crash(int i);    // sitecheck; the database goes on, the guard of the bench closes it at the permit's end
  void restart(int i);  // with what is on its disk, and the mapped permit
  void lose(int i);     // the host, database and all
  void lose_witness(int w) { witnesses[index(w)].reset(); }
  void restart_witness(int w);
  // Datagrams (or etcd's answers) from one to the other are lost. "*" is everybody; "etcd" too is a name.
  void cut(const std::string& from, const std::string& to) { cuts_.insert({from, to}); }
  void cut_both(const std::string& a, const std::string& b);
  void heal() { cuts_.clear(); }
  void give(int i, Event event);
  void command(int i, Operation operation, std::string target = "");
  // The last datagram that went from one to the other.
  [[nodiscard]] const ecv::Datagram& said(const std::string& from, const std::string& to) const {
    return sent_.at({from, to});
  }

  struct Member {
    SiteConfig config;
    LoadedPool loaded;
    std::unique_ptr<Site> site;
    std::uint64_t process = 0;  // generation
    std::vector<Action> log;
    bool database = true;  // answers
    bool writable = false;
    base::Instant guard;  // closes the database then
    std::string gtid = "0-1-10";
    bool replicates = true;
    std::string follows;  // by the last Rejoin
    std::vector<CommandReply> replies;
  };
  struct Etcd {
    std::string owner;
    std::int64_t lease = 0;
    std::uint64_t create_revision = 0;
    std::uint64_t revision = 100;
    base::Instant expires;
    bool garbage = false;  // answers nothing that makes sense
  };
  std::vector<Member> members;
  std::vector<std::unique_ptr<ecv::Witness>> witnesses;
  Etcd etcd;
  base::Instant now{base::seconds(1000)};
  base::Duration delay = base::milliseconds(1);

 private:
  static std::size_t index(int i) { return static_cast<std::size_t>(i); }
  void at(base::Instant when, std::function<void()> what) { events_.emplace(when, std::move(what)); }
  [[nodiscard]] bool open(const std::string& from, const std::string& to) const;
  void boot(int i);
  void step(int i, std::vector<Event> events);
  void perform(int i, const Action& action);
  void deliver(const ecv::Datagram& d);
  void outcome(int i, Event event);
  void poll(int i);
  void set_writable(int i, bool yes);
  void ask_etcd(int i, std::function<EtcdDone()> what, std::uint64_t token);
  void watch_etcd();
  void tick();

  std::multimap<base::Instant, std::function<void()>> events_;
  std::set<std::pair<std::string, std::string>> cuts_;
  std::map<std::pair<std::string, std::string>, ecv::Datagram> sent_;
  std::string watched_ = "?";
  std::uint64_t boots_ = 0;
  bool overlap_ = false;
};

}  // namespace core::testing
