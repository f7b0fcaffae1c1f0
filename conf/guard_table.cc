#include "conf/guard_table.h"

namespace conf {

std::string_view name(GuardKind k) {
  switch (k) {
    case GuardKind::kNone: return "none";
    case GuardKind::kProcess: return "process";
    case GuardKind::kNft: return "nft";
  }
  return "none";
}

namespace {

struct Guard {
  GuardKind kind = GuardKind::kProcess;
  std::filesystem::path socket;
  std::optional<base::SocketAddress> address;
  std::vector<base::Prefix> allow;
};

const Table<Guard>& guard_table() {
  static const Table<Guard> table(
      "guard",
      {
          choice<Guard>({.key = "kind",
                         .help = "process: `sitecheck guard` beside mysqld closes the writer when the permit "
                                 "ends. nft: it does so, and besides the kernel's packet filter cuts the "
                                 "writer's clients off at that moment, even if no process lives any more; "
                                 "needs CAP_NET_ADMIN and the program nft. none: nothing does; the peer then "
                                 "never takes this site's place.",
                         .standard = "process",
                         .words = {"process", "nft", "none"}},
                        &Guard::kind, {GuardKind::kProcess, GuardKind::kNft, GuardKind::kNone}),
          row<Guard>({.key = "socket",
                      .type = Type::kPath,
                      .help = "The Unix socket between sitecheck and the guard.",
                      .standard_note = "guard-POOL.sock in state_dir"},
                     &Guard::socket),
          row<Guard>({.key = "address",
                      .type = Type::kAddress,
                      .help = "Where the guard listens for sitecheck's signed datagrams (UDP), if mysqld is on "
                              "another host. `sitecheck guard` runs there with the same configuration.",
                      .standard_note = "the guard runs on this host"},
                     &Guard::address),
          row<Guard>({.key = "allow",
                      .type = Type::kPrefix,
                      .help = "nft: who reaches the writer's addresses while they are closed: replication, "
                              "monitors, readers. sitecheck and the guard on this host always do.",
                      .standard_note = "nobody"},
                     &Guard::allow),
      });
  return table;
}

}  // namespace

void read_guard(Reading& reading, const Field& field, const Value& value, Pool& out) {
  if (!is_mapping(reading, field, value)) return;
  Guard guard;
  read_fields(reading, guard_table(), value, guard);
  out.guard = guard.kind;
  out.guard_socket = guard.socket;
  out.guard_address = guard.address;
  out.guard_allow = guard.allow;
}

const Shape& guard_shape() { return guard_table().shape(); }

}  // namespace conf
