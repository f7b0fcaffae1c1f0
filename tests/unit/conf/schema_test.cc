#include "conf/schema.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "base/roff.h"
#include "tests/support/golden.h"

namespace conf {
namespace {

using testing::HasSubstr;

TEST(Schema, OfBothFilesIsUpToDate) {
  golden::expect_up_to_date("conf/schema/dnsd.schema.json", json_schema(dnsd_shape()));
  golden::expect_up_to_date("conf/schema/sitecheck.schema.json", json_schema(sitecheck_shape()));
}

TEST(Schema, HoldsWhatTheTableHolds) {
  const auto schema = nlohmann::json::parse(json_schema(dnsd_shape()));
  EXPECT_EQ(schema["required"], nlohmann::json({"server", "zones"}));
  EXPECT_FALSE(schema["additionalProperties"]);
  const auto& wideip = schema["properties"]["wideips"]["items"]["properties"];
  EXPECT_EQ(wideip["ttl"]["maximum"], 86400);
  EXPECT_EQ(wideip["method"]["enum"][0], "active_writer");
  EXPECT_EQ(wideip["method"]["enum"].size(), 8U);
  EXPECT_THAT(wideip["ttl"]["description"].get<std::string>(), HasSubstr("Default: 5."));
  EXPECT_EQ(schema["properties"]["sites"]["additionalProperties"]["required"], nlohmann::json({"ecv"}));
}

// Every key of a shape and of the shapes within it.
void expect_keys(const Shape& shape, const std::string& page) {
  for (const Field& field : shape.fields) {
    EXPECT_THAT(page, HasSubstr("\n.B " + base::roff(field.key) + "\n")) << shape.name;
    EXPECT_FALSE(field.help.empty()) << shape.name << " " << field.key;
    if (field.shape != nullptr) expect_keys(*field.shape, page);
  }
}

TEST(Manual, NamesEveryKeyAndIsUpToDate) {
  for (const auto& [name, shape] : {std::pair<std::string, const Shape*>{"contrib/man/dnsd.yaml.5", &dnsd_shape()},
                                    {"contrib/man/sitecheck.yaml.5", &sitecheck_shape()}}) {
    const std::string page = base::replace_section(golden::read(name), "keys", manual_keys(*shape));
    ASSERT_FALSE(page.empty()) << name;
    expect_keys(*shape, page);
    golden::expect_up_to_date(name, page);
  }
}

}  // namespace
}  // namespace conf
