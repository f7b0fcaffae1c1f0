#include "conf/database_table.h"

#include <utility>

namespace conf {

const Table<Account>& account_table() {
  static const Table<Account> table(
      "account",
      {
          row<Account>({.key = "user", .type = Type::kText, .help = "The account's name.", .required = true},
                       &Account::user),
          custom<Account>({.key = "password_file",
                           .type = Type::kPath,
                           .help = "A file with the password; white space around it is left out. ${NAME} in the path "
                                   "is expanded."},
                          [](Reading& r, const Field& f, const Value& v, Account& out) {
                            std::filesystem::path path;
                            if (auto text = read_secret_file(r, f, v, path)) out.password = std::move(*text);
                          }),
          row<Account>({.key = "password",
                        .type = Type::kVariable,
                        .help = "Instead of a file: the variable that holds the password."},
                       &Account::password),
      });
  return table;
}

namespace {

Store<DatabaseTls> readable(std::filesystem::path DatabaseTls::*member) {
  return [member](Reading& r, const Field& f, const Value& v, DatabaseTls& out) {
    if (!read(r, f, v, out.*member)) return;
    if (const auto why = r.outside.unreadable(out.*member)) r.fault(v.mark(), std::string(f.key) + ": " + *why);
  };
}

const Table<DatabaseTls>& tls_table() {
  static const Table<DatabaseTls> table(
      "tls",
      {
          custom<DatabaseTls>({.key = "ca",
                               .type = Type::kPath,
                               .help = "Certificates (PEM) of the authorities that sign the servers' certificates.",
                               .standard_note = "those of the system"},
                              readable(&DatabaseTls::ca)),
          custom<DatabaseTls>({.key = "cert",
                               .type = Type::kPath,
                               .help = "The client certificate (PEM) shown to the servers, where an account demands "
                                       "one; goes with key."},
                              readable(&DatabaseTls::cert)),
          custom<DatabaseTls>({.key = "key", .type = Type::kPath, .help = "The private key (PEM) of cert."},
                              readable(&DatabaseTls::key)),
          choice<DatabaseTls>({.key = "verify",
                               .help = "full: the server's certificate must be signed by ca, and be for the address "
                                       "that is connected to (a subject alternative name of type IP). none: it is not "
                                       "looked at; who stands between could read the account's password.",
                               .standard = "full",
                               .words = {"full", "none"}},
                              &DatabaseTls::verify, {true, false}),
      });
  return table;
}

}  // namespace

void read_tls(Reading& reading, const Field& field, const Value& value, std::optional<DatabaseTls>& out) {
  if (!is_mapping(reading, field, value)) return;
  DatabaseTls tls;
  tls.mark = value.mark();
  read_fields(reading, tls_table(), value, tls);
  if (tls.cert.empty() != tls.key.empty()) {
    reading.fault(value.mark(), "tls: cert and key go together: one of them is missing");
  }
  out = std::move(tls);
}

const Shape& tls_shape() { return tls_table().shape(); }

}  // namespace conf
