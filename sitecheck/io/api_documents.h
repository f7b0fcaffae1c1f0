// The description of the REST API and the schemas that it refers to: the files of conf/schema, put into the program
// when it is built.
#pragma once

#include <string_view>

namespace sitecheck {

extern const std::string_view kOpenapiDocument;  // sitecheck.openapi.json
extern const std::string_view kStatusSchema;     // sitecheck-status.schema.json
extern const std::string_view kEventsSchema;     // sitecheck-events.schema.json

}  // namespace sitecheck
