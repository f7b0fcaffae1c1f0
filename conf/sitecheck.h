// sitecheck.yaml as a value (spec.md section 9). Loaded by load_sitecheck(), which reports every fault at once.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/time.h"
#include "conf/dnsd.h"
#include "conf/fault.h"
#include "ecv/timing.h"

namespace conf {

struct Account {
  std::string user;
  std::string password;  // read at load from password_file, or from ${ENV}
};

enum class CheckpointScope { kInternal, kEdge, kExternal };
enum class CheckpointKind { kTcp, kHttp };

struct Checkpoint {
  std::string id;
  CheckpointScope scope = CheckpointScope::kExternal;
  CheckpointKind kind = CheckpointKind::kTcp;
  base::SocketAddress tcp;  // kTcp
  std::string url;          // kHttp
  Mark mark;
};

// process: admin connections close the node. nft: besides, the kernel cuts the writer's clients off (protocol.md
// section 5).
enum class GuardKind { kNone, kProcess, kNft };
[[nodiscard]] std::string_view name(GuardKind k);

struct Node {
  std::string name;
  std::string host;  // address: an IP literal
  std::uint16_t port = 3306;
  int priority = 100;  // lowest is the PRIMARY
  std::string site;    // empty: local, may be fenced and promoted; else watched only
  std::optional<base::SocketAddress> replicate_from;
  std::filesystem::path pid_file;  // lets the guard SIGKILL a local mysqld
  std::optional<base::Duration> interval;
  std::optional<base::Duration> timeout;
  Mark mark;
};

struct Pool {
  std::string name;
  std::string kind = "failover";
  std::optional<base::SocketAddress> service;
  std::string schema = "wideip";
  Account monitor;
  Account admin;
  Account replication;
  GuardKind guard = GuardKind::kProcess;
  std::filesystem::path guard_socket;                // default: state_dir/guard-POOL.sock
  std::optional<base::SocketAddress> guard_address;  // the guard runs on another host and listens there
  std::vector<base::Prefix> guard_allow;             // kNft: who passes while the writer is closed
  bool accept_unfenced = false;
  std::vector<Node> nodes;  // in the file's order
  Mark mark;
};

struct Peer {
  std::string site;
  int id = 0;
  std::vector<base::SocketAddress> addr;
  Mark mark;
};

struct Sitecheck {
  struct Site {
    std::string name;
    int id = 0;  // 1..255
  } site;
  Log log;
  base::SocketAddress ecv;
  base::SocketAddress peer;
  std::optional<base::SocketAddress> stats;
  std::filesystem::path control;
  std::filesystem::path state_dir;
  std::vector<KeyFile> keys;
  std::vector<Peer> peers;
  struct Arbiter {
    std::string mode = "checkpoints";
    bool promote_on_silence = true;  // on_silence
    std::string preset = "lan";
    ecv::Timing timing{};  // preset with overrides
  } arbiter;
  std::vector<Checkpoint> checkpoints;
  base::Duration checkpoints_clear_after = base::seconds(30);
  bool checkpoints_latch = false;
  base::Duration auto_recover_after = base::seconds(5);
  int flap_count = 3;
  base::Duration flap_window = base::seconds(3600);
  std::vector<Pool> pools;
  std::vector<std::filesystem::path> files;
};

}  // namespace conf
