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
#include "conf/setting.h"
#include "ecv/timing.h"

namespace conf {

struct Account {
  std::string user;
  std::string password;  // read at load from password_file, or from ${ENV}
};

enum class CheckpointScope { kInternal, kEdge, kExternal };
// "internal", "edge", "external".
[[nodiscard]] std::string_view name(CheckpointScope s);
enum class CheckpointKind { kTcp, kHttp, kMysql, kDns, kIcmp };
// "tcp", "http", …
[[nodiscard]] std::string_view name(CheckpointKind k);

struct Checkpoint {
  std::string id;
  CheckpointScope scope = CheckpointScope::kExternal;
  CheckpointKind kind = CheckpointKind::kTcp;
  base::SocketAddress address;        // all but kHttp; port 0 for kIcmp
  std::string url;                    // kHttp
  std::string dns_name;               // kDns
  std::uint16_t dns_type = 1;         // kDns: the RR type's number
  Account account{kServiceUser, ""};  // kMysql; need not exist: a server that refuses it has answered
  Mark mark;

  // What it looks at, in one canonical text; for tcp and http as configured.
  [[nodiscard]] std::string target() const;
};

// Encrypted connections to the databases. PEM files.
struct DatabaseTls {
  std::filesystem::path ca;
  std::filesystem::path cert;
  std::filesystem::path key;
  bool verify = true;  // verify: full | none
  Mark mark;
};

// process: admin connections close the node. nft: besides, the kernel cuts the writer's clients off (protocol.md
// section 5).
enum class GuardKind { kNone, kProcess, kNft };
[[nodiscard]] std::string_view name(GuardKind k);

// Who says that this site may write (protocol.md section 1).
enum class ArbiterMode { kCheckpoints, kWitness, kEtcd };
// "checkpoints", "witness", "etcd".
[[nodiscard]] std::string_view name(ArbiterMode mode);

// Whether a node may become the writer: like any other, before others, or never.
enum class PromoteWish { kAllow, kPrefer, kNever };

struct Node {
  std::string name;
  std::string host;  // address: an IP literal
  std::uint16_t port = 3306;
  int priority = 100;  // lowest is the PRIMARY
  std::string site;    // empty: local, may be fenced and promoted; else watched only
  std::optional<base::SocketAddress> replicate_from;
  std::filesystem::path pid_file;  // lets the guard SIGKILL a local mysqld
  std::filesystem::path data_dir;  // of a mysqld on this host: `galera-candidate` reads it
  std::optional<base::Duration> interval;
  std::optional<base::Duration> timeout;
  PromoteWish promote = PromoteWish::kAllow;
  std::optional<DatabaseTls> tls;  // instead of the pool's
  Mark mark;
};

// exclusive: at the writer. balanced: spread over the nodes that may be read.
enum class RoleKind { kExclusive, kBalanced };
// "exclusive", "balanced".
[[nodiscard]] std::string_view name(RoleKind k);

// What wanders between the local nodes of a pool: floating addresses, moved by hooks.
struct Role {
  std::string name;
  RoleKind kind = RoleKind::kExclusive;
  std::vector<base::IpAddress> addresses;  // kBalanced: at least one
  std::vector<std::string> on_promote;     // program and arguments; empty: no hook
  std::vector<std::string> on_demote;
  base::Duration hook_timeout = base::seconds(10);
  Mark mark;
};

// Where the wide-IP's address of this pool stands at another site, for the test from here.
struct ServiceAt {
  std::string site;
  base::SocketAddress address;
  Mark mark;
};

// Promotions of a pool at this site that come too often are blocked, fences never.
struct AntiFlap {
  base::Duration block = base::seconds(60);
  int max_per_hour = 3;
};

// What a node of a pool of kind multi_writer must show before it serves.
struct Galera {
  bool wsrep = true;          // it is a Galera node; false: any other server that takes writes beside its like
  bool donor_serves = false;  // `donor: allow`
  int cluster_size = 0;       // fewer nodes than this are worth a warning; 0: as many as the pool has
  int flow_control = 20;      // per cent of the time that replication was paused: more is worth a warning
};

struct Pool {
  std::string name;
  std::string kind = "failover";  // of conf/kind_table.h
  bool preferred_writer = false;  // multi_writer: one node of the site is ACTIVE, not all
  Galera galera;
  std::optional<base::SocketAddress> service;
  std::string schema = "wideip";
  Account monitor;
  Account admin;
  Account replication;
  std::optional<DatabaseTls> tls;  // nothing: in the clear
  GuardKind guard = GuardKind::kProcess;
  std::filesystem::path guard_socket;                // default: state_dir/guard-POOL.sock
  std::optional<base::SocketAddress> guard_address;  // the guard runs on another host and listens there
  std::vector<base::Prefix> guard_allow;             // kNft: who passes while the writer is closed
  bool accept_unfenced = false;
  std::vector<ServiceAt> service_at;
  Account service_test;                    // user "": see service_account()
  std::optional<std::uint64_t> max_loss;   // transactions that a failover may lose; nothing: no limit
  std::optional<base::Duration> warn_lag;  // a standby further behind is OK WARN; nothing: no limit
  std::optional<base::Duration> max_lag;   // a standby further behind is not eligible; nothing: no limit
  std::optional<base::Duration> heartbeat = base::seconds(1);  // of kind failover; nothing: off
  base::Duration switchover_limit = base::seconds(5);
  bool failback = false;  // auto: to the node of this site that comes first, once it was well for failback_after
  base::Duration failback_after = base::seconds(600);
  AntiFlap anti_flap;
  std::vector<Node> nodes;  // in the file's order; none: a pure voter (mode witness)
  std::vector<Role> roles;
  Mark mark;

  // By which the service addresses of other sites are tested from here: service_test, else the monitor, else
  // kServiceUser.
  [[nodiscard]] Account service_account() const;
};

struct Peer {
  std::string site;
  int id = 0;
  std::vector<base::SocketAddress> addr;
  Mark mark;
};

// A voter that is no site: a dnsd with `witness:` (mode witness).
struct Voter {
  std::string id;  // the dnsd's server.id
  std::vector<base::SocketAddress> addr;
  Mark mark;
};

// Mode etcd.
struct Etcd {
  std::vector<std::string> endpoints;
  std::string prefix = "/wideip/";
  std::filesystem::path ca;
  std::filesystem::path cert;
  std::filesystem::path key;
  std::string user;      // empty: no authentication
  std::string password;  // read at load
};

// A file of the state folder that is rotated.
struct Rotated {
  std::uint64_t size = 0;  // bytes of one file
  int keep = 0;            // older ones kept
};

// A port that answers for one thing.
struct AgentPort {
  base::SocketAddress listen;
  std::string pool;
  std::string node;    // empty: the pool as a whole
  bool reads = false;  // role: ro
  Mark mark;
};

// The agent check of balancers.
struct Agent {
  std::optional<base::SocketAddress> listen;  // who connects says what it asks for
  std::vector<AgentPort> ports;
  base::Duration lag_full = base::seconds(1);
  base::Duration lag_drain = base::seconds(30);
};

// A program that is run for what the journal tells.
struct EventHook {
  std::vector<std::string> command;
  std::vector<std::string> events;  // globs
  base::Level level = base::Level::kInfo;
  int rate = 10;  // runs in `per`
  base::Duration per = base::seconds(3600);
  base::Duration timeout = base::seconds(10);
};

// From how many failed polls in a row on a node is OK WARN, and OK CRITICAL.
struct Levels {
  int warn = 0;
  int critical = 0;
  Mark mark;
};

struct Sitecheck {
  struct Site {
    std::string name;
    int id = 0;  // 1..255
  } site;
  Log log;
  EcvPort ecv;
  base::SocketAddress peer;
  std::optional<Stats> stats;
  std::filesystem::path control;
  std::filesystem::path state_dir;
  std::vector<KeyFile> keys;
  std::vector<Peer> peers;
  struct Arbiter {
    ArbiterMode mode = ArbiterMode::kCheckpoints;
    bool promote_on_silence = true;  // on_silence
    std::string preset = "lan";
    ecv::Timing timing{};       // preset with overrides; mode etcd: `lease` is L_hold
    std::vector<Voter> voters;  // mode witness: besides this site and its peers
    std::optional<Etcd> etcd;
  } arbiter;
  std::vector<Checkpoint> checkpoints;
  base::Duration checkpoints_clear_after = base::seconds(30);
  bool checkpoints_latch = false;
  base::Duration auto_recover_after = base::seconds(5);
  std::optional<Levels> levels;  // nothing: spread over the preset's `fall`
  bool heal_by_step = false;     // heal: step
  int flap_count = 3;
  base::Duration flap_window = base::seconds(3600);
  std::optional<Agent> agent;
  std::optional<EventHook> event_hook;
  Rotated journal;   // transitions and actions, for `sitecheck events`
  Rotated recorder;  // every input of the core, for replay
  std::vector<Pool> pools;
  bool reload_on_change = false;               // as soon as something of `watched` changes
  std::vector<std::filesystem::path> files;    // this one and those that it includes
  std::vector<std::filesystem::path> watched;  // what was read, or looked for: files, secrets, patterns of include
  std::vector<Setting> settings;               // as written, for what a reload changes (conf/changes.h)
};

}  // namespace conf
