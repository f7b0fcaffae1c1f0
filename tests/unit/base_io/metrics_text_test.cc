#include "base/io/metrics_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/support/metrics_check.h"

namespace io {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(MetricsText, WritesFamiliesWithHelpAndTypeOnce) {
  MetricsText out;
  out.counter("wideip_a_total", "Help of a.", {{"kind", "x"}}, 1);
  out.gauge("wideip_b_seconds", "Help of b.", {}, 0.25);
  out.counter("wideip_a_total", "Other help.", {{"kind", "y"}}, 2);
  EXPECT_EQ(out.text(),
            "# HELP wideip_a_total Help of a.\n"
            "# TYPE wideip_a_total counter\n"
            "wideip_a_total{kind=\"x\"} 1\n"
            "wideip_a_total{kind=\"y\"} 2\n"
            "# HELP wideip_b_seconds Help of b.\n"
            "# TYPE wideip_b_seconds gauge\n"
            "wideip_b_seconds 0.25\n");
  EXPECT_EQ(support::metrics_faults(out.text()), "");
}

TEST(MetricsText, DropsASecondSampleOfTheSameLabelsAndOneOfAnotherType) {
  MetricsText out;
  out.counter("wideip_a_total", "Help.", {{"kind", "x"}}, 1);
  out.counter("wideip_a_total", "Help.", {{"kind", "x"}}, 2);
  out.gauge("wideip_a_total", "Help.", {{"kind", "y"}}, 3);
  EXPECT_THAT(out.text(), AllOf(HasSubstr("{kind=\"x\"} 1\n"), Not(HasSubstr(" 2\n")), Not(HasSubstr(" 3\n"))));
}

TEST(MetricsText, WritesAHistogramWhoseBucketsAreCumulative) {
  MetricsText out;
  out.histogram("wideip_a_seconds", "Help.", {{"kind", "x"}}, {0.1, 0.2}, {3, 2, 1}, 1.5);
  EXPECT_EQ(out.text(),
            "# HELP wideip_a_seconds Help.\n"
            "# TYPE wideip_a_seconds histogram\n"
            "wideip_a_seconds_count{kind=\"x\"} 6\n"
            "wideip_a_seconds_sum{kind=\"x\"} 1.5\n"
            "wideip_a_seconds_bucket{kind=\"x\",le=\"0.1\"} 3\n"
            "wideip_a_seconds_bucket{kind=\"x\",le=\"0.2\"} 5\n"
            "wideip_a_seconds_bucket{kind=\"x\",le=\"+Inf\"} 6\n");
  EXPECT_EQ(support::metrics_faults(out.text()), "");
}

TEST(MetricsText, EscapesLabelValuesSoThatAParserReadsThem) {
  MetricsText out;
  out.gauge("wideip_a", "Help.", {{"zone", "a\"b\\c\nd"}}, 1);
  EXPECT_THAT(out.text(), HasSubstr(R"({zone="a\"b\\c\nd"} 1)"));
  EXPECT_EQ(support::metrics_faults(out.text()), "");
}

TEST(MetricsText, KeepsLargeCountersExact) {
  MetricsText out;
  out.counter("wideip_a_total", "Help.", {}, 9007199254740991.0);
  EXPECT_THAT(out.text(), HasSubstr("wideip_a_total 9007199254740991\n"));
}

TEST(MetricsText, TellsOfTheProcess) {
  MetricsText out;
  out.process("wideip_test");
  const auto text = out.text();
  for (const auto* name : {"cpu_seconds_total", "resident_memory_bytes", "start_time_seconds", "open_fds"}) {
    EXPECT_THAT(text, HasSubstr(std::string("\nwideip_test_process_") + name + ' '));
  }
  EXPECT_EQ(support::metrics_faults(text), "");
}

TEST(MetricsText, HasACheckThatFindsFaults) {
  MetricsText out;
  out.counter("wideip_bad", "Help.", {}, 1);
  EXPECT_THAT(support::metrics_faults(out.text()), HasSubstr("does not end in _total"));
  EXPECT_THAT(support::metrics_faults("wideip_bare 1\n"), HasSubstr("no HELP"));
  EXPECT_NE(support::metrics_faults("{{{\n"), "");
}

}  // namespace
}  // namespace io
