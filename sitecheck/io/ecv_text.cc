#include "sitecheck/io/ecv_text.h"

#include <algorithm>

namespace sitecheck {

namespace {

using ecv::NodeState;
using ecv::NodeStatus;

std::string host_port(const EcvNode& node) {
  const bool v6 = node.host.find(':') != std::string::npos;
  return (v6 ? "[" + node.host + "]" : node.host) + ":" + std::to_string(node.port);
}

// One line, whatever a server said: a list of lines must not be forged by one.
std::string one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == 127) c = ' ';
  }
  return text;
}

bool has_local_standby(const std::vector<EcvNode>& nodes) {
  return std::any_of(nodes.begin(), nodes.end(),
                     [](const EcvNode& n) { return n.local && n.state == NodeState::kStandby && !n.in_downtime; });
}

}  // namespace

std::optional<View> parse_view(std::string_view word) {
  if (word == "active") return View::kActive;
  if (word == "writable") return View::kWritable;
  if (word == "readable") return View::kReadable;
  return std::nullopt;
}

bool pool_shows(View view, bool claims, const std::vector<EcvNode>& nodes) {
  if (view == View::kActive) return claims;
  if (view == View::kReadable && has_local_standby(nodes)) return true;
  return std::any_of(nodes.begin(), nodes.end(),
                     [&](const EcvNode& n) { return n.local && node_shows(view, claims, nodes, n); });
}

bool node_shows(View view, bool claims, const std::vector<EcvNode>& nodes, const EcvNode& node) {
  const bool active = claims && node.local && node.state == NodeState::kActive;
  switch (view) {
    case View::kActive: return active;
    // Not known is not writable: a balancer that asks this wants a promise.
    case View::kWritable: return active && node.read_only == false;
    case View::kReadable:
      if (node.in_downtime) return false;
      return node.state == NodeState::kStandby || (active && (node.shared || !has_local_standby(nodes)));
  }
  return false;
}

const EcvNode* find_node(const std::vector<EcvNode>& nodes, std::string_view name_or_host_port) {
  const auto at = std::find_if(nodes.begin(), nodes.end(), [&](const EcvNode& n) {
    return n.name == name_or_host_port || host_port(n) == name_or_host_port ||
           n.host + ":" + std::to_string(n.port) == name_or_host_port;
  });
  return at == nodes.end() ? nullptr : &*at;
}

std::string format_report(const EcvNode& node) {
  const std::string status(name(node.status));
  std::string out = status + "/" + std::string(name(node.state)) + (node.primary ? " (PRIMARY)" : " (SECONDARY)");
  if (node.status != NodeStatus::kOk || node.req > 0) {
    out += " : (" + status + "/" + std::to_string(node.req) + ") " + one_line(node.message);
  }
  return out;
}

std::optional<std::string> answer_classic(bool claims, const std::vector<EcvNode>& nodes,
                                          const io::ServerRequest& request) {
  if (const auto* asked = request.argument("is-active")) {
    const auto* node = find_node(nodes, *asked);
    return node != nullptr && node_shows(View::kActive, claims, nodes, *node) ? "OK\n" : "NO\n";
  }
  if (const auto* asked = request.argument("report")) {
    const auto* node = find_node(nodes, *asked);
    return node == nullptr ? "NO : no such node\n" : format_report(*node) + "\n";
  }
  if (request.argument("list") == nullptr) return std::nullopt;
  std::string out;
  for (const auto& node : nodes) out += host_port(node) + " " + format_report(node) + "\n";
  return out;
}

}  // namespace sitecheck
