#include "conf/checkpoint_table.h"

#include "conf/database_table.h"
#include "conf/rr_types.h"
#include "conf/scalar.h"

namespace conf {

namespace {

const RrType* find_type(std::string_view word) {
  for (const auto& type : kRrTypes) {
    if (type.word == word) return &type;
  }
  return nullptr;
}

std::string_view type_word(std::uint16_t number) {
  for (const auto& type : kRrTypes) {
    if (type.number == number) return type.word;
  }
  return "A";
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = text.find(' ');
    if (end != 0) out.emplace_back(text.substr(0, end));
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
  }
  return out;
}

// "ADDRESS@PORT NAME TYPE".
void read_dns(Reading& r, const Field& f, const Value& v, Checkpoint& out) {
  out.kind = CheckpointKind::kDns;
  std::string text;
  if (!read(r, f, v, text)) return;
  const auto wrong = [&](const std::string& why) {
    r.fault(v.mark(), "dns: \"" + text + "\": " + why +
                          "; allowed: ADDRESS@PORT NAME TYPE, as in \"192.0.2.53@53 example.com A\"");
  };
  const auto words = words_of(text);
  if (words.size() != 3) return wrong("found " + std::to_string(words.size()) + " words");
  const auto server = base::SocketAddress::parse(words[0]);
  if (!server) return wrong(server.error().message);
  if (server->port == 0) return wrong("port 0 answers nobody");
  if (const auto fault = check_domain(words[1])) return wrong(*fault);
  const auto* type = find_type(words[2]);
  if (type == nullptr) {
    std::string known;
    for (const auto& each : kRrTypes) known += (known.empty() ? "" : ", ") + std::string(each.word);
    return wrong("\"" + words[2] + "\" is none of the types " + known);
  }
  out.address = *server;
  out.dns_name = words[1];
  out.dns_type = type->number;
}

// The rows of the kinds that are one address.
Row<Checkpoint> address_row(std::string_view key, CheckpointKind kind, std::string_view help) {
  return custom<Checkpoint>({.key = key, .type = Type::kAddress, .help = help},
                            [kind](Reading& r, const Field& f, const Value& v, Checkpoint& out) {
                              out.kind = kind;
                              read(r, f, v, out.address);
                            });
}

std::vector<Row<Checkpoint>> kind_rows() {
  return {
      address_row("tcp", CheckpointKind::kTcp, "Good if it accepts a TCP connection. Not for MySQL's port: see mysql."),
      custom<Checkpoint>({.key = "http", .type = Type::kUrl, .help = "Good if it answers over HTTP."},
                         [](Reading& r, const Field& f, const Value& v, Checkpoint& out) {
                           out.kind = CheckpointKind::kHttp;
                           read(r, f, v, out.url);
                         }),
      address_row("mysql", CheckpointKind::kMysql,
                  "Good if a MySQL or MariaDB server answers, whatever it thinks of the account. Handshakes are never "
                  "broken off, so that max_connect_errors stays far."),
      custom<Checkpoint>(
          {.key = "dns",
           .type = Type::kText,
           .help = "A question to a DNS server, ADDRESS@PORT NAME TYPE: \"192.0.2.53@53 example.com A\". Good if it "
                   "answers with anything but SERVFAIL and REFUSED; UDP, and TCP where the answer is truncated."},
          read_dns),
      custom<Checkpoint>({.key = "icmp",
                          .type = Type::kIp,
                          .help = "Good if it answers an echo request (ping). Needs sitecheck's group in the sysctl "
                                  "net.ipv4.ping_group_range, which rules IPv6 too, or CAP_NET_RAW."},
                         [](Reading& r, const Field& f, const Value& v, Checkpoint& out) {
                           out.kind = CheckpointKind::kIcmp;
                           read(r, f, v, out.address.ip);
                         }),
  };
}

}  // namespace

std::string_view name(CheckpointScope s) {
  switch (s) {
    case CheckpointScope::kInternal: return "internal";
    case CheckpointScope::kEdge: return "edge";
    case CheckpointScope::kExternal: return "external";
  }
  return "external";
}

std::string_view name(CheckpointKind k) {
  switch (k) {
    case CheckpointKind::kTcp: return "tcp";
    case CheckpointKind::kHttp: return "http";
    case CheckpointKind::kMysql: return "mysql";
    case CheckpointKind::kDns: return "dns";
    case CheckpointKind::kIcmp: return "icmp";
  }
  return "tcp";
}

std::string Checkpoint::target() const {
  switch (kind) {
    case CheckpointKind::kTcp: return address.to_string();
    case CheckpointKind::kHttp: return url;
    case CheckpointKind::kMysql: return "mysql " + address.to_string();
    case CheckpointKind::kDns:
      return "dns " + address.to_string() + " " + dns_name + " " + std::string(type_word(dns_type));
    case CheckpointKind::kIcmp: return "icmp " + address.ip.to_string();
  }
  return url;
}

const Table<Checkpoint>& checkpoint_table() {
  static const Table<Checkpoint> table("checkpoints[]", [] {
    std::vector<Row<Checkpoint>> rows{
        row<Checkpoint>({.key = "id",
                         .type = Type::kName,
                         .help = "Names the checkpoint; the same at every site.",
                         .required = true},
                        &Checkpoint::id),
        choice<Checkpoint>({.key = "scope",
                            .help = "Where it stands. Only external ones count for the quorum, and all sites use "
                                    "the same; internal and edge ones tell where a cut is.",
                            .required = true,
                            .words = {"internal", "edge", "external"}},
                           &Checkpoint::scope,
                           {CheckpointScope::kInternal, CheckpointScope::kEdge, CheckpointScope::kExternal})};
    for (auto& each : kind_rows()) rows.push_back(std::move(each));
    rows.push_back(mapping<Checkpoint>({.key = "account",
                                        .help = "Kind mysql: by which account to log in; its user is wideip_probe "
                                                "without password unless told otherwise, and need not exist."},
                                       &Checkpoint::account, account_table()));
    return rows;
  }());
  return table;
}

}  // namespace conf
