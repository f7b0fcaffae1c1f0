// The control plane whole: real HTTP sites, a real control socket and a real name server on loopback, in one process.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/io/control.h"
#include "conf/load.h"
#include "dns_query.h"
#include "dnsd/control/control.h"
#include "dnsd/data/server.h"
#include "signed_site.h"
#include "temp_folder.h"

namespace control::test {

using nlohmann::json;

inline constexpr const char* kZone = R"($ORIGIN example.com.
$TTL 300
@ IN SOA ns1 hostmaster 1 3600 600 86400 60
@ IN NS ns1
ns1 IN A 127.0.0.1
www IN A 192.0.2.80
)";

// Two sites, a folder with a configuration, and a server over them.
struct House : ::testing::Test {
  TempFolder folder;
  base::Loop loop;
  SignedSite one{loop, "site1"};
  SignedSite two{loop, "site2"};
  snapshot::CounterBoard board;
  std::vector<conf::Dnsd> reloaded;  // what the data plane was told of

  struct Running {
    snapshot::Publisher publisher;
    std::unique_ptr<Control> control;
    std::unique_ptr<data::Server> server;
    bool ready = false;
    ~Running() {
      control.reset();
      if (server) server->stop();
    }
  };
  std::unique_ptr<Running> running;

  House() {
    std::string secret;
    for (int i = 0; i < 32; ++i) secret += "07";
    folder.write("ecv.key", secret);
    std::filesystem::permissions(folder.path() / "ecv.key", std::filesystem::perms::owner_read);
    folder.write("example.com.zone", kZone);
    write_config();
  }

  void write_config(const std::string& wide_extra = "", const std::string& listen = "127.0.0.1@0") {
    folder.write("dnsd.yaml", "server: {id: ns1, listen: [\"" + listen +
                                  "\"], workers: 1, state_dir: state, control: ctl}\n"
                                  "stats: {listen: \"127.0.0.1@0\"}\n"
                                  "keys: [{id: d1, file: ecv.key, for: dnsd}]\n"
                                  "sites:\n  site1: {ecv: [\"" +
                                  one.url() + "\"]}\n  site2: {ecv: [\"" + two.url() +
                                  "\"]}\n"
                                  "zones: [{origin: example.com, file: example.com.zone}]\n"
                                  "wideips:\n"
                                  "  - name: mysql.example.com\n"
                                  "    method: active_writer\n" +
                                  wide_extra +
                                  "    members:\n"
                                  "      - {site: site1, pool: main, address: [192.0.2.11, \"2001:db8::11\"]}\n"
                                  "      - {site: site2, pool: main, address: [198.51.100.11]}\n");
  }

  std::function<conf::Loaded<conf::Dnsd>(const std::filesystem::path&)> load_config;  // of a reload
  bool listen_first = false;  // as a process does that takes over from another
  void start() {
    const auto loaded = conf::load_dnsd(folder.path() / "dnsd.yaml");
    for (const auto& fault : loaded.faults) ADD_FAILURE() << to_string(fault);
    ASSERT_TRUE(loaded.ok());
    running = std::make_unique<Running>();
    running->control = std::make_unique<Control>(
        loop, loaded.value,
        Options{
            folder.path() / "dnsd.yaml", load_config, {}, [this](const conf::Dnsd& now) { reloaded.push_back(now); }},
        running->publisher, board);
    Control& control = *running->control;
    ASSERT_TRUE(control.load_zones().empty());
    data::ServerOptions options;
    options.listen = loaded.value.server.listen;
    options.workers = 1;
    auto server = data::Server::bind(options, running->publisher, board);
    ASSERT_TRUE(server.has_value()) << server.error().message;
    running->server = *std::move(server);
    ASSERT_TRUE(control.bind().has_value());
    if (listen_first) {
      control.listen_first([] {});
      ASSERT_TRUE(run_until(loop, [&] {
        return control.heard() == std::set<std::string>{"site1/main", "site2/main"};
      }));
      EXPECT_FALSE(std::filesystem::exists(folder.path() / "state")) << "nothing is written yet";
    }
    const auto opened = control.open();
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    running->server->start();
    control.start([this] { running->ready = true; });
  }
  void start_and_wait() {
    start();
    ASSERT_TRUE(run_until(loop, [&] { return running->ready; }));
  }
  void stop() { running.reset(); }

  [[nodiscard]] DnsAnswer ask(const std::string& name = "mysql.example.com", std::uint16_t type = wire::kTypeA) {
    return ask_dns(running->server->addresses().front(), name, type);
  }
  [[nodiscard]] bool answers(const std::string& address) {
    const DnsAnswer got = ask();
    return got.addresses == std::vector<std::string>{address};
  }
  [[nodiscard]] bool comes_to_answer(const std::string& address) {
    return run_until(loop, [&] { return answers(address); });
  }

  // Over the control socket; the caller blocks, so it has a thread of its own.
  io::ControlReply command(const std::string& what, const std::string& args = "{}", const std::string& reason = "") {
    base::Result<io::ControlReply> reply = base::fail("none");
    bool done = false;
    std::thread client([&] {
      reply = io::ask_control(folder.path() / "ctl", what, args, reason, base::seconds(5));
      finished_.send();
    });
    on_finished_ = [&] { done = true; };
    EXPECT_TRUE(run_until(loop, [&] { return done; }));
    client.join();
    return reply ? *reply : io::ControlReply{9, "{}", reply.error().message};
  }
  [[nodiscard]] json status() { return json::parse(command("status").data); }
  [[nodiscard]] std::string error_of(const std::string& site) {
    const json all = status();
    for (const json& one_site : all["sites"]) {
      if (one_site["name"] == site) return one_site["paths"][0]["error"].get<std::string>();
    }
    return "";
  }

 private:
  std::function<void()> on_finished_;
  base::Async finished_{loop, [this] { on_finished_(); }};
};

}  // namespace control::test
