// What a monitor asks of a database or of a name server.
#include <array>

#include "conf/monitor_rows.h"
#include "conf/rr_types.h"

namespace conf {

namespace {

std::vector<std::string_view> type_words() {
  std::vector<std::string_view> out;
  for (const RrType& type : kRrTypes) out.push_back(type.word);
  return out;
}

std::vector<std::uint16_t> type_numbers() {
  std::vector<std::uint16_t> out;
  for (const RrType& type : kRrTypes) out.push_back(type.number);
  return out;
}

std::vector<Row<Monitor>> account_rows() {
  return {
      row<Monitor>({.key = "user",
                    .type = Type::kText,
                    .help = "mysql, galera: the account that logs in. http, https: the user of basic authentication."},
                   &Monitor::user),
      custom<Monitor>({.key = "password_file",
                       .type = Type::kPath,
                       .help = "A file with its password; white space around it is left out."},
                      [](Reading& r, const Field& f, const Value& v, Monitor& out) {
                        std::filesystem::path path;
                        if (auto text = read_secret_file(r, f, v, path)) out.password = std::move(*text);
                      }),
      row<Monitor>({.key = "password",
                    .type = Type::kVariable,
                    .help = "Instead of a file: the variable that holds the password."},
                   &Monitor::password),
  };
}

std::vector<Row<Monitor>> answer_rows() {
  return {
      row<Monitor>({.key = "query",
                    .type = Type::kContent,
                    .help = "mysql: the statement. It must be a single one.",
                    .standard = "SELECT 1"},
                   &Monitor::query),
      row<Monitor>(
          {.key = "expect",
           .type = Type::kContent,
           .help = "mysql: what the first row of the result must hold, to the letter; without it the statement "
                   "need only succeed. dns: the answer must have one of these records of the type, an "
                   "address, a name or a text."},
          &Monitor::expect),
      row<Monitor>({.key = "column",
                    .type = Type::kText,
                    .help = "mysql: the column that is compared with expect.",
                    .standard_note = "the first"},
                   &Monitor::column),
      row<Monitor>({.key = "donor_serves",
                    .type = Type::kSwitch,
                    .help = "galera: a donor, or a node that was desynced, is up; else it is disabled meanwhile.",
                    .standard = "false"},
                   &Monitor::donor_serves),
      row<Monitor>({.key = "writable",
                    .type = Type::kSwitch,
                    .help = "galera: the node must take writes, so that read_only is off.",
                    .standard = "true"},
                   &Monitor::writable),
      row<Monitor>({.key = "question", .type = Type::kDomain, .help = "dns: the name that is asked for."},
                   &Monitor::question),
      choice<Monitor>(
          {.key = "type", .help = "dns: the type that is asked for.", .standard = "A", .words = type_words()},
          &Monitor::type, type_numbers()),
      choice<Monitor>({.key = "rcode",
                       .help = "dns: the code that the answer must carry; any: every one but SERVFAIL and REFUSED.",
                       .standard = "NOERROR",
                       .words = {"NOERROR", "NXDOMAIN", "any"}},
                      &Monitor::rcode,
                      std::vector<std::optional<std::uint16_t>>{std::uint16_t{0}, std::uint16_t{3}, std::nullopt}),
  };
}

}  // namespace

std::vector<Row<Monitor>> database_rows() {
  auto out = account_rows();
  for (auto& each : answer_rows()) out.push_back(std::move(each));
  return out;
}

}  // namespace conf
