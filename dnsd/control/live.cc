#include "dnsd/control/live.h"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/io/server_events.h"
#include "dnsd/control/live_json.h"

namespace control {

namespace {

constexpr base::Duration kSecond = base::seconds(1);
// What follows a change waits this long, and so many times as long as telling of it took: pages cost the loop, which
// decides, a twentieth of its time at most.
constexpr base::Duration kPace = base::milliseconds(50);
constexpr int kShare = 20;

}  // namespace

struct Live::Row {
  std::string text;
  std::size_t digest = 0;  // of all but what passes by itself: ages and leases
};

struct Live::Client {
  io::ResponseStream stream;
  Listing listing;
  Listed listed;
  std::unordered_map<std::size_t, std::size_t> digests;  // of the rows as they were told
};

Live::Live(base::Loop& loop, std::function<View()> view, std::function<std::vector<snapshot::SeenQuery>()> seen)
    : view_(std::move(view)),
      seen_(std::move(seen)),
      flush_(loop, [this] { flush(); }),
      second_(loop, [this] { second(); }) {}

Live::~Live() = default;

void Live::start(const std::vector<std::string>& before) {
  for (const auto& line : before) timeline_.add(line);
  load_.take(view_().queries, view_().now.boot);
  second_.start(kSecond, kSecond);
}

void Live::open(const io::ServerRequest& request, io::Responder responder) {
  auto listing = Listing::parse(request);
  if (!listing) return responder.respond({400, listing.error().message + "\n"});
  const View view = view_();
  Client client{io::ResponseStream(nullptr), *std::move(listing), {}, {}};
  client.listed = list(view.engine, client.listing);
  Rows rows;
  auto first = snapshot(view, client, rows);
  client.stream = io::open_events(std::move(responder), std::move(first));
  if (client.stream.open()) clients_.push_back(std::move(client));
}

void Live::reported(const decide::MemberId& member, const ecv::Report& report) { told_.take(member, report); }

void Live::changed() {
  relist_ = true;
  if (clients_.empty()) return;
  flush_.start(std::max<base::Duration>(not_before_ - view_().now.boot, base::Duration::zero()));
}

void Live::reloaded() {
  std::vector<decide::MemberId> members;
  for (const auto& [id, health] : view_().health.members()) members.push_back(id);
  told_.keep(members);
  // Places are those of other names now.
  for (auto& client : clients_) client.digests.clear();
  changed();
}

void Live::event(const std::string& line) {
  timeline_.add(line);
  send_all(io::event_text("event", line));
}

void Live::second() {
  const View view = view_();
  load_.take(view.queries, view.now.boot);
  askers_.take(seen_(), view.now.boot);
  const auto news = told_.news();
  if (clients_.empty()) return;
  const auto text = second_text(view, news);
  for (auto& client : clients_) {
    const auto claims = ",\"claims\":" + live_claims(view, client.listed.indices) + "}";
    (void)client.stream.send(io::event_text("second", text + claims));
  }
  forget_closed();
  if (!clients_.empty() && view.now.boot >= not_before_) flush();
}

// A page's row is built once, however many pages show it.
void Live::flush() {
  const auto began = base::read_boot_clock();
  const View view = view_();
  Rows rows;
  for (auto& client : clients_) tell(view, client, rows);
  relist_ = false;
  forget_closed();
  const auto took = base::read_boot_clock() - began;
  not_before_ = view.now.boot + std::max<base::Duration>(kPace, took * kShare);
}

namespace {

template <typename Rows>
const auto& row_of(const View& view, Rows& rows, std::size_t index) {
  const auto [at, made] = rows.try_emplace(index);
  if (made) {
    auto built = live_row(view, index);
    at->second = {std::move(built.text), std::hash<std::string>{}(built.lasting)};
  }
  return at->second;
}

}  // namespace

void Live::tell(const View& view, Client& client, Rows& rows) const {
  if (relist_) {
    auto listed = list(view.engine, client.listing);
    const bool other = listed != client.listed;
    client.listed = std::move(listed);
    if (other) {
      client.digests.clear();
      std::vector<std::string> names;
      for (const auto index : client.listed.indices) names.push_back(view.engine.names()[index].name);
      (void)client.stream.send(io::event_text("listing", live_listing(client.listing, client.listed, names)));
    }
  }
  std::string changed;
  for (const auto index : client.listed.indices) {
    const Row& row = row_of(view, rows, index);
    const auto [at, first] = client.digests.try_emplace(index, row.digest);
    if (!first && std::exchange(at->second, row.digest) == row.digest) continue;
    changed += (changed.empty() ? "" : ",") + row.text;
  }
  if (changed.empty()) return;
  // What stands beside a row must not contradict it until the next second.
  (void)client.stream.send(io::event_text("wideips", "{\"wideips\":[" + changed + "],\"server\":" + live_server(view) +
                                                         ",\"claims\":" + live_claims(view, client.listed.indices) +
                                                         "}"));
}

void Live::send_all(const std::string& text) {
  for (auto& client : clients_) (void)client.stream.send(text);
  forget_closed();
}

void Live::forget_closed() {
  std::erase_if(clients_, [](const Client& client) { return !client.stream.open(); });
}

std::string Live::snapshot(const View& view, Client& client, Rows& rows) const {
  std::vector<std::string> texts;
  std::vector<std::string> names;
  for (const auto index : client.listed.indices) {
    const Row& row = row_of(view, rows, index);
    client.digests[index] = row.digest;
    texts.push_back(row.text);
    names.push_back(view.engine.names()[index].name);
  }
  const std::string text = "{\"listing\":" + live_listing(client.listing, client.listed, names) +
                           ",\"wideips\":" + live_array(texts) + ",\"reports\":" + live_array(told_.all()) +
                           ",\"events\":" + live_array(timeline_.lines()) + ",\"load\":" + live_loads(load_.samples()) +
                           ",\"server\":" + live_server(view) +
                           ",\"claims\":" + live_claims(view, client.listed.indices) +
                           ",\"clients\":" + live_clients(askers_, view.now.boot) + "}";
  return io::event_text("snapshot", text);
}

// All but the claims, which are those of each client's page, and the end.
std::string Live::second_text(const View& view, const std::vector<std::string>& news) const {
  const std::string load = load_.samples().empty() ? "null" : live_load(load_.samples().back());
  return "{\"server\":" + live_server(view) + ",\"reports\":" + live_array(news) + ",\"load\":" + load +
         ",\"clients\":" + live_clients(askers_, view.now.boot);
}

}  // namespace control
