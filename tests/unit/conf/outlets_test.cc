// What sitecheck tells balancers and people: agent, event_hook.
#include <gmock/gmock.h>

#include "files.h"

namespace conf {
namespace {

using test::good_files;
using test::kSitecheck;
using test::lines;
using test::sitecheck;
using testing::ElementsAre;
using testing::HasSubstr;

std::string fault(const std::string& more) { return lines(sitecheck(std::string(kSitecheck) + more).faults); }

TEST(AgentOptions, AreNotThereUnlessAskedFor) {
  const auto loaded = sitecheck(kSitecheck);
  EXPECT_FALSE(loaded.value.agent);
  EXPECT_FALSE(loaded.value.event_hook);
}

TEST(AgentOptions, AreRead) {
  const auto loaded = sitecheck(std::string(kSitecheck) +
                                "agent:\n  listen: \"0.0.0.0@8057\"\n  lag_drain: 1m\n  ports:\n"
                                "    - {listen: \"127.0.0.1@8060\", pool: main, node: db1, role: rw}\n"
                                "    - {listen: \"127.0.0.1@8061\", pool: main, role: ro}\n");
  ASSERT_EQ(lines(loaded.faults), "");
  const Agent& agent = *loaded.value.agent;
  EXPECT_EQ(agent.listen->port, 8057);
  EXPECT_EQ(agent.lag_full, base::seconds(1));
  EXPECT_EQ(agent.lag_drain, base::seconds(60));
  ASSERT_EQ(agent.ports.size(), 2U);
  EXPECT_EQ(agent.ports[0].node, "db1");
  EXPECT_FALSE(agent.ports[0].reads);
  EXPECT_EQ(agent.ports[1].node, "");
  EXPECT_TRUE(agent.ports[1].reads);
}

TEST(AgentOptions, NameWhatThereIs) {
  EXPECT_THAT(fault("agent: {}\n"), HasSubstr("neither listen nor ports"));
  EXPECT_THAT(fault("agent: {listen: \"0.0.0.0@8057\", lag_full: 30s}\n"), HasSubstr("lag_full below lag_drain"));
  EXPECT_THAT(fault("agent: {ports: [{listen: \"127.0.0.1@1\", pool: mainn, role: rw}]}\n"),
              HasSubstr("there is no pool \"mainn\" (did you mean \"main\"?); allowed: main"));
  EXPECT_THAT(fault("agent: {ports: [{listen: \"127.0.0.1@1\", pool: main, node: db7, role: rw}]}\n"),
              HasSubstr("pool main has no node \"db7\" (did you mean \"db1\"?); allowed: db1, db2"));
  EXPECT_THAT(fault("agent: {ports: [{listen: \"127.0.0.1@1\", pool: main, role: wr}]}\n"), HasSubstr("rw, ro"));
}

TEST(EventHookOptions, AreRead) {
  auto files = good_files();
  files.files["hooks/mail"] = "";
  const auto loaded = sitecheck(std::string(kSitecheck) +
                                    "event_hook:\n  command: [hooks/mail, -v, -v, ops@example.com]\n"
                                    "  events: [pool.*, fence.begun]\n  rate: 3/10m\n  timeout: 5s\n  level: error\n",
                                files);
  ASSERT_EQ(lines(loaded.faults), "");
  const EventHook& hook = *loaded.value.event_hook;
  EXPECT_THAT(hook.command, ElementsAre("hooks/mail", "-v", "-v", "ops@example.com"));
  EXPECT_THAT(hook.events, ElementsAre("pool.*", "fence.begun"));
  EXPECT_EQ(hook.rate, 3);
  EXPECT_EQ(hook.per, base::seconds(600));
  EXPECT_EQ(hook.timeout, base::seconds(5));
  EXPECT_EQ(hook.level, base::Level::kError);
}

TEST(EventHookOptions, HaveDefaults) {
  const auto loaded = sitecheck(std::string(kSitecheck) + "event_hook: {command: logger}\n");
  ASSERT_EQ(lines(loaded.faults), "");
  const EventHook& hook = *loaded.value.event_hook;
  EXPECT_THAT(hook.command, ElementsAre("logger")) << "a bare name is looked up in the path";
  EXPECT_THAT(hook.events, testing::Contains("pool.state")) << "who writes, first of all";
  EXPECT_THAT(hook.events, testing::Contains("fence.*"));
  EXPECT_EQ(hook.rate, 10);
  EXPECT_EQ(hook.per, base::seconds(3600));
  EXPECT_EQ(hook.level, base::Level::kInfo);
}

TEST(EventHookOptions, FaultsSayWhatIsAllowed) {
  EXPECT_THAT(fault("event_hook: {command: /nowhere/hook}\n"), HasSubstr("cannot open /nowhere/hook"));
  EXPECT_THAT(fault("event_hook: {events: [x]}\n"), HasSubstr("missing key \"command\""));
  for (const char* rate : {"10", "0/1h", "10/1", "x/1h", "10/2d", "10/999ms", "/", "20000/1h"}) {
    EXPECT_THAT(fault(std::string("event_hook: {command: logger, rate: ") + rate + "}\n"), HasSubstr("as 10/1h"))
        << rate;
  }
}

}  // namespace
}  // namespace conf
