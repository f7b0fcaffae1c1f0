#include "probes/mysql_outcome.h"

#include <algorithm>
#include <initializer_list>

namespace probes {

namespace {

constexpr unsigned kTooManyConnections = 1040;
constexpr unsigned kTooManyUserConnections = 1203;
constexpr unsigned kAccessDenied = 1045;

bool one_of(unsigned code, std::initializer_list<unsigned> codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}
// It greeted, and its certificate does not fit, or it offers no TLS: what is wrong is a configuration. Another fault of
// a TLS handshake may well be a server that is dying.
bool is_untrusted(const MysqlResult& r) {
  constexpr unsigned kTlsError = 2026;
  return r.code == kTlsError &&
         (r.message.find("ertificate") != std::string::npos || r.message.find("SSL is required") != std::string::npos);
}

}  // namespace

Outcome classify(const MysqlResult& r) {
  switch (r.fault) {
    case MysqlFault::kNone: return Outcome::kOk;
    case MysqlFault::kTimeout: return Outcome::kTimeout;
    case MysqlFault::kUnreachable:
      if (is_untrusted(r)) return Outcome::kMisconfigured;
      return r.refused ? Outcome::kRefused : Outcome::kUnreachable;
    case MysqlFault::kLost: return Outcome::kReset;
    case MysqlFault::kTooLarge: return Outcome::kMisconfigured;  // it answers; what, no state is that long
    case MysqlFault::kCancelled: return Outcome::kProtocol;
    case MysqlFault::kServer: break;
  }
  if (one_of(r.code, {kTooManyConnections, kTooManyUserConnections, 1226})) return Outcome::kDegraded;
  // 1129 and 1130: this host may not connect; 1251, 1275, 1698: the authentication does not fit; 3159: TLS is demanded;
  // 1064, 1193: it knows not the statement or the variable, so it is not what its version says; else: no right.
  if (one_of(r.code, {kAccessDenied, 1044, 1064, 1129, 1130, 1142, 1193, 1227, 1251, 1275, 1698, 1820, 1862, 3159})) {
    return Outcome::kMisconfigured;
  }
  return Outcome::kProtocol;
}

bool says_schema_is_missing(const MysqlResult& r) {
  return r.fault == MysqlFault::kServer && one_of(r.code, {1049, 1146});
}
bool says_schema_is_denied(const MysqlResult& r) {
  return r.fault == MysqlFault::kServer && one_of(r.code, {1044, 1142, 1143, 1227});
}

}  // namespace probes
