// What the core must know of a site: sitecheck.yaml without addresses, accounts and files. Values only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "ecv/timing.h"
#include "sitecheck/core/mode.h"

namespace core {

enum class Scope : std::uint8_t { kInternal, kEdge, kExternal };

// Who says that this site may write (protocol.md section 1).
enum class ArbiterKind : std::uint8_t { kCheckpoints, kWitness, kEtcd };

struct CheckpointConfig {
  std::string id;
  Scope scope = Scope::kExternal;
  std::string target;  // as configured ("203.0.113.1@443", "http://…"): goes into the configuration hash
};

// Whether a local node may become the writer: like any other, before others that are fit, or never.
enum class PromoteWish : std::uint8_t { kAllow, kPrefer, kNever };

struct NodeConfig {
  std::string name;
  bool local = true;   // of this site: may be fenced and promoted; else it is watched only
  int priority = 100;  // the lowest is the PRIMARY
  PromoteWish promote = PromoteWish::kAllow;
  std::optional<base::Duration> warn_lag{};  // further behind than this it is OK WARN
  std::string at{};                          // its address: a node that moves to another is another node
  std::string site{};                        // of a node that is only watched: where it stands
};
// The same server: what is known of the one holds of the other.
[[nodiscard]] bool is_same(const NodeConfig& a, const NodeConfig& b);

// Promotions of one pool at this site that come too often are blocked; fences never are (protocol.md section 4).
struct AntiFlap {
  base::Duration block = base::seconds(60);  // after a promotion, while the peer could take the writer
  int max_per_hour = 3;
};

struct PoolConfig {
  std::string name;
  std::string kind = "failover";  // of kinds.h
  std::string guard = "process";  // "process", "nft" or "none": what stands beside the writer
  bool accept_unfenced = false;   // substitute for a peer without a guard: split-brain is possible
  std::vector<NodeConfig> nodes;  // in the file's order
  AntiFlap anti_flap;
  std::optional<base::Duration> max_lag;  // a standby further behind is not eligible; nothing: no limit
  // A failover that is known to lose more transactions than this is not made; nothing: no limit (protocol.md section
  // 3).
  std::optional<std::uint64_t> max_loss;
  std::string service;  // the service address here, ADDRESS@PORT, which peers and dnsds test; "" if there is none
  base::Duration switchover_limit = base::seconds(5);  // for the target to catch up, from the moment writes stop
  std::optional<base::Duration> heartbeat;  // failover: the writer writes its row so often; nothing: it does not
  // Once a node of this site that comes before the writer has been well for so long, it becomes the writer; nothing: a
  // person moves it.
  std::optional<base::Duration> failback_after;
  bool preferred_writer = false;  // multi_writer: one of the good nodes is ACTIVE, not all
};

// Another site of the pools.
struct PeerConfig {
  std::string site;
  std::uint8_t id = 0;
  int paths = 1;
};

// A voter that is no site: a dnsd (mode B).
struct WitnessConfig {
  std::string id;
  int paths = 1;
};

// From how many failed polls in a row on a node is at a level; FAIL is at Timing::fall.
struct Levels {
  int warn = 2;
  int critical = 3;
};

struct SiteConfig {
  std::string site;
  std::uint8_t id = 0;
  ArbiterKind arbiter = ArbiterKind::kCheckpoints;
  // The other sites, in the file's order. None: a single site, its permit comes from itself. Mode A: at most one.
  std::vector<PeerConfig> peers;
  std::vector<WitnessConfig> witnesses;  // mode B only; the voters are this site, its peers and these
  ecv::Timing timing{};                  // mode C: `lease` is L_hold, what one keepalive is worth from its send
  std::string preset = "lan";
  bool promote_on_silence = true;  // on_silence: promote | hold
  std::vector<CheckpointConfig> checkpoints;
  base::Duration checkpoints_clear_after = base::seconds(30);
  bool checkpoints_latch = false;
  base::Duration auto_recover_after = base::seconds(5);
  int flap_count = 3;
  base::Duration flap_window = base::seconds(3600);
  base::Duration apply_limit = base::seconds(30);  // longest wait for relay logs in a promotion
  std::optional<Levels> levels;                    // nothing: four levels over `fall`
  bool heal_by_step = false;                       // a good poll takes back one failed one, not all
  Mode mode = Mode::kActive;                       // at the start
  std::vector<PoolConfig> pools;
};

struct Identity {
  std::uint64_t boot_id = 0;     // of this process: random, never 0
  std::uint64_t nonce_seed = 0;  // random and secret: nonces must not be guessed
  bool bootstrap = false;        // --bootstrap: go on without a second source of the epoch
};

[[nodiscard]] std::string_view name(ArbiterKind a);

// Of the external checkpoints, the arbiter and the timing; both sites must have the same (protocol.md rule 9).
[[nodiscard]] std::uint64_t config_hash(const SiteConfig& config);

}  // namespace core
