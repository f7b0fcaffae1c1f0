#include "sitecheck/cli/galera_candidate.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/file.h"
#include "base/io/subprocess.h"
#include "base/text.h"
#include "base/text_table.h"
#include "conf/check.h"
#include "conf/load.h"
#include "probes/galera.h"
#include "probes/mysql_target.h"
#include "sitecheck/cli/galera_evidence.h"
#include "sitecheck/cli/grants.h"

namespace sitecheck::cli {

namespace {

using Json = nlohmann::ordered_json;
using base::for_terminal;

constexpr std::size_t kMostState = std::size_t{64} * 1024;
constexpr std::size_t kMostOutput = std::size_t{4} * 1024 * 1024;
constexpr auto kRecoveryLimit = base::seconds(3600);  // InnoDB applies its log first
constexpr auto kQueryLimit = base::seconds(2);

struct Terms {
  bool recover = false;
  std::string server;
  std::string defaults_file;
  std::map<std::string, std::string> told;  // --evidence: node to "UUID:SEQNO" or "lost"
};

// "NODE=UUID:SEQNO,NODE=lost"; gives what is wrong with it.
std::optional<std::string> read_evidence(const std::string& text, const conf::Pool& pool, Terms& out) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    const auto part = rest.substr(0, comma);
    rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
    const auto equals = part.find('=');
    const std::string node(part.substr(0, equals));
    const std::string what(equals == part.npos ? std::string_view() : part.substr(equals + 1));
    if (what != "lost" && !parse_position(what)) {
      return "--evidence: found \"" + for_terminal(std::string(part)) + "\"; allowed: NODE=UUID:SEQNO or NODE=lost";
    }
    if (std::none_of(pool.nodes.begin(), pool.nodes.end(), [&](const conf::Node& n) { return n.name == node; })) {
      return "--evidence: pool " + pool.name + " has no node \"" + for_terminal(node) + "\"";
    }
    out.told[node] = what;
  }
  return std::nullopt;
}

// What the nodes that run say of themselves, all at once.
void ask_running(const conf::Pool& pool, std::vector<GaleraEvidence>& out) {
  base::Loop loop;
  std::vector<std::unique_ptr<probes::MysqlClient>> clients;
  std::size_t open = pool.nodes.size();
  for (std::size_t i = 0; i < pool.nodes.size(); ++i) {
    const auto& node = pool.nodes[i];
    clients.push_back(std::make_unique<probes::MysqlClient>(loop, probes::target_of(pool, node, pool.monitor)));
    clients.back()->query(probes::galera_status_sql(), kQueryLimit, [&, i](const probes::MysqlResult& r) {
      auto& e = out[i];
      if (r.ok()) {
        probes::GaleraStatus status;
        probes::read_galera(r, status);
        e.runs = true;
        e.primary = status.cluster_status == "Primary";
        e.source = "wsrep status";
        if (const auto p = parse_position(status.local_uuid + ":" + std::to_string(status.committed.value_or(-1)))) {
          e.position = *p;
        } else {
          e.message = "it runs, and does not tell its wsrep state";
        }
      } else if (r.fault == probes::MysqlFault::kServer) {
        e.runs = true;
        e.message = "it runs, and refuses the monitor account: " + r.message;
      }
      if (--open == 0) loop.stop();
    });
  }
  if (open > 0) loop.run();
}

std::string owner_of(const std::filesystem::path& file) {
  struct stat s {};
  return ::stat(file.c_str(), &s) == 0 ? std::to_string(s.st_uid) : "";
}

// A server that recovers its state, prints it and ends. It applies InnoDB's log, as any start does.
void recover(const conf::Node& node, const Terms& terms, GaleraEvidence& out) {
  base::Loop loop;
  io::SubprocessOptions options;
  options.argv = {terms.server};
  options.argv.push_back(terms.defaults_file.empty() ? "--no-defaults" : "--defaults-file=" + terms.defaults_file);
  options.argv.push_back("--datadir=" + node.data_dir.string());
  options.argv.push_back("--wsrep-recover");
  options.argv.push_back("--disable-log-error");
  if (::geteuid() == 0) options.argv.push_back("--user=" + owner_of(node.data_dir / "grastate.dat"));
  options.timeout = kRecoveryLimit;
  options.max_output = kMostOutput;
  std::optional<io::SubprocessEnd> end;
  const io::Subprocess child(loop, options, [&](const io::SubprocessEnd& e) {
    end = e;
    loop.stop();
  });
  loop.run();
  const auto found = end ? find_recovered(end->output) : std::nullopt;
  if (!found) {
    out.message = terms.server + " --wsrep-recover told no position: " + (end ? end->describe() : "it did not end");
    return;
  }
  out.position = *found;
  out.source = "--wsrep-recover";
  out.message.clear();
}

void look_at_data(const conf::Node& node, const Terms& terms, GaleraEvidence& out) {
  const auto file = node.data_dir / "grastate.dat";
  const auto text = base::read_file(file, kMostState);
  if (!text) {
    out.message = text.error().message;
    return;
  }
  const auto state = parse_grastate(*text);
  if (!state) {
    out.message = file.string() + ": " + state.error().message;
    return;
  }
  out.source = "grastate.dat";
  out.position = state->position;
  out.safe_to_bootstrap = state->safe_to_bootstrap;
  if (state->position.seqno >= 0) return;
  out.message = "it did not end cleanly (seqno -1): --wsrep-recover finds out how far it got";
  if (terms.recover) recover(node, terms, out);
}

void gather(const conf::Pool& pool, const Terms& terms, std::vector<GaleraEvidence>& out) {
  for (const auto& node : pool.nodes) out.push_back({.node = node.name});
  ask_running(pool, out);
  for (std::size_t i = 0; i < out.size(); ++i) {
    auto& e = out[i];
    if (e.runs) continue;
    if (const auto told = terms.told.find(e.node); told != terms.told.end()) {
      e.source = "--evidence";
      e.lost = told->second == "lost";
      if (!e.lost) e.position = parse_position(told->second);
      continue;
    }
    if (!pool.nodes[i].data_dir.empty()) {
      look_at_data(pool.nodes[i], terms, e);
    } else {
      e.message =
          "its data is on another host: read DATADIR/grastate.dat there (seqno -1: mariadbd --wsrep-recover), "
          "and give --evidence " +
          e.node + "=UUID:SEQNO";
    }
  }
}

std::string quote_word(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// What a person runs, on the candidate's host.
std::vector<std::string> commands(const conf::Node& node, const GaleraEvidence& e) {
  if (e.runs) return {"mariadb -e \"SET GLOBAL wsrep_provider_options='pc.bootstrap=YES'\""};
  std::vector<std::string> out;
  if (!e.safe_to_bootstrap) {
    const std::string file = node.data_dir.empty() ? "DATADIR/grastate.dat" : (node.data_dir / "grastate.dat").string();
    out.push_back("sed -i 's/^safe_to_bootstrap:.*/safe_to_bootstrap: 1/' " +
                  (node.data_dir.empty() ? file : quote_word(file)));
  }
  out.emplace_back("galera_new_cluster");
  return out;
}

std::string text_of(const std::vector<GaleraEvidence>& nodes, const GaleraChoice& choice,
                    const std::vector<std::string>& steps) {
  base::TextTable table({{"NODE"}, {"BY"}, {"UUID"}, {"SEQNO"}, {"SAFE"}, {"MESSAGE"}});
  for (const auto& n : nodes) {
    table.add({n.node, n.lost ? "--evidence: lost" : n.source, n.position ? n.position->uuid : "",
               n.position ? std::to_string(n.position->seqno) : "", n.safe_to_bootstrap ? "yes" : "", n.message});
  }
  std::string out = table.to_string() + "\n" + for_terminal(choice.reason) + "\n";
  if (!choice.candidate) return out;
  out += "candidate: " + nodes[*choice.candidate].node + "\non its host, and on no other:\n";
  for (const auto& step : steps) out += "  " + for_terminal(step) + "\n";
  return out + "then start the other nodes as usual\n";
}

Json json_of(const std::string& pool, const std::vector<GaleraEvidence>& nodes, const GaleraChoice& choice,
             const std::vector<std::string>& steps) {
  Json list = Json::array();
  for (const auto& n : nodes) {
    list.push_back({{"name", n.node},
                    {"source", n.source},
                    {"uuid", n.position ? n.position->uuid : ""},
                    {"seqno", n.position ? Json(n.position->seqno) : Json(nullptr)},
                    {"safe_to_bootstrap", n.safe_to_bootstrap},
                    {"runs", n.runs},
                    {"lost", n.lost},
                    {"message", n.message}});
  }
  return {{"pool", pool},
          {"candidate", choice.candidate ? Json(nodes[*choice.candidate].node) : Json(nullptr)},
          {"reason", choice.reason},
          {"commands", steps},
          {"nodes", list}};
}

int run(const io::Call& call) {
  const auto loaded = conf::load_sitecheck(call.config);
  if (!loaded.ok()) {
    conf::print_faults(loaded.faults, call.err);
    return 2;
  }
  const std::string& name = call.values.at("POOL");
  const conf::Pool* pool = find_pool(loaded.value, name);
  if (pool == nullptr) {
    call.err << "sitecheck: no pool \"" << for_terminal(name) << "\"; there are: " << pool_names(loaded.value) << "\n";
    return 2;
  }
  if (pool->kind != "multi_writer" || !pool->galera.wsrep) {
    call.err << "sitecheck: pool " << pool->name << " is no Galera cluster: its kind is " << pool->kind
             << (pool->kind == "multi_writer" ? " with wsrep: off" : "") << "\n";
    return 2;
  }
  Terms terms{call.switches.at("wsrep-recover"), call.values.at("server"), call.values.at("defaults-file"), {}};
  if (const auto fault = read_evidence(call.values.at("evidence"), *pool, terms)) {
    call.err << "sitecheck galera-candidate: " << *fault << "\n";
    return 2;
  }
  std::vector<GaleraEvidence> nodes;
  gather(*pool, terms, nodes);
  const auto choice = choose(nodes);
  const auto steps = choice.candidate ? commands(pool->nodes[*choice.candidate], nodes[*choice.candidate])
                                      : std::vector<std::string>{};
  if (call.json) {
    call.out << json_of(pool->name, nodes, choice, steps).dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
  } else {
    call.out << text_of(nodes, choice, steps);
  }
  return choice.candidate ? 0 : 1;
}

}  // namespace

io::CommandSpec galera_candidate_command() {
  return {
      .name = "galera-candidate",
      .help =
          "After a whole Galera cluster went down: which node got furthest, by what evidence, and the commands "
          "that start the cluster from it. Runs none of them; status 1 if it cannot be told",
      .arguments = {{"POOL", "The pool, of kind multi_writer"}},
      .options = {{.name = "evidence",
                   .value_name = "NODE=UUID:SEQNO,…",
                   .help = "How far nodes on other hosts got, as grastate.dat or --wsrep-recover says there; "
                           "NODE=lost leaves a node out that is gone for good"},
                  {.name = "wsrep-recover",
                   .value_name = "",
                   .help = "Where grastate.dat says -1 in a data_dir of this host, run the server with "
                           "--wsrep-recover there: it applies InnoDB's log, as a start would, and tells"},
                  {.name = "server",
                   .value_name = "PROGRAM",
                   .help = "The server that --wsrep-recover runs",
                   .standard = "mariadbd"},
                  {.name = "defaults-file", .value_name = "FILE", .help = "Its option file; without it, none is read"}},
      .json = true,
      .run = run};
}

}  // namespace sitecheck::cli
