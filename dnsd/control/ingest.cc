#include "dnsd/control/ingest.h"

#include <utility>

#include "base/io/url.h"

namespace control {

namespace {

constexpr std::array<std::string_view, kFaults> kNames = {
    "none",        "refused",    "unreachable", "timeout",  "reset",    "tls",         "no_answer",
    "not_http",    "too_large",  "status",      "unsigned", "bad_mac",  "unknown_key", "mac_mismatch",
    "undecodable", "wrong_site", "wrong_pool",  "replayed", "dead_boot"};

Fault of(io::HttpFault f) {
  switch (f) {
    case io::HttpFault::kNone: return Fault::kNone;
    case io::HttpFault::kRefused: return Fault::kRefused;
    case io::HttpFault::kUnreachable: return Fault::kUnreachable;
    case io::HttpFault::kTimeout: return Fault::kTimeout;
    case io::HttpFault::kReset: return Fault::kReset;
    case io::HttpFault::kTls: return Fault::kTls;
    case io::HttpFault::kMalformed: return Fault::kNotHttp;
    case io::HttpFault::kTooLarge: return Fault::kTooLarge;
    case io::HttpFault::kBadRequest:
    case io::HttpFault::kOther: break;
  }
  return Fault::kNoAnswer;
}

Fault of(ecv::MacFault f) {
  switch (f) {
    case ecv::MacFault::kNone: return Fault::kNone;
    case ecv::MacFault::kMissing: return Fault::kUnsigned;
    case ecv::MacFault::kMalformed: return Fault::kBadMac;
    case ecv::MacFault::kUnknownKey: return Fault::kUnknownKey;
    case ecv::MacFault::kMismatch: break;
  }
  return Fault::kMacMismatch;
}

Ingested refuse(Fault fault, std::string detail) { return {fault, std::move(detail), {}}; }

}  // namespace

std::string_view name(Fault f) {
  const auto at = static_cast<std::size_t>(f);
  return at < kNames.size() ? kNames[at] : "?";
}

std::string_view words(Fault f) {
  switch (f) {
    case Fault::kNotHttp: return "no HTTP";
    case Fault::kTooLarge: return "too large";
    case Fault::kStatus: return "neither HTTP 200 nor 503";
    case Fault::kUnsigned: return "not signed";
    case Fault::kBadMac: return "a signature that is none";
    case Fault::kUnknownKey: return "signed with a key that is not known here";
    case Fault::kMacMismatch: return "its signature does not match: forged, altered or replayed";
    case Fault::kUndecodable: return "not to be read, or of another protocol version";
    case Fault::kWrongSite: return "of another site";
    case Fault::kWrongPool: return "of another pool";
    case Fault::kReplayed: return "replayed or overtaken";
    case Fault::kDeadBoot: return "of a process that was succeeded by another";
    default: return name(f);
  }
}

bool suspicious(Fault f) { return f >= Fault::kNotHttp && f < Fault::kCount; }

Ingested ingest(const io::HttpReply& reply, const ecv::KeyRing& keys, const Asked& asked) {
  if (reply.fault != io::HttpFault::kNone) return refuse(of(reply.fault), reply.detail);
  if (reply.status != 200 && reply.status != 503)
    return refuse(Fault::kStatus, "HTTP status " + std::to_string(reply.status));
  const std::string* mac = reply.header("wideip-mac");
  const ecv::MacFault fault = mac == nullptr
                                  ? ecv::MacFault::kMissing
                                  : ecv::verify_http(keys, *mac, "GET", asked.target, asked.nonce, reply.body);
  if (fault != ecv::MacFault::kNone) return refuse(of(fault), "Wideip-MAC: " + std::string(ecv::name(fault)));
  auto report = ecv::decode(reply.body);
  if (!report) return refuse(Fault::kUndecodable, report.error().message);
  if (report->site != asked.site) return refuse(Fault::kWrongSite, "the report is of site \"" + report->site + "\"");
  if (report->pool != asked.pool) return refuse(Fault::kWrongPool, "the report is of pool \"" + report->pool + "\"");
  return {Fault::kNone, {}, *std::move(report)};
}

std::string report_target(std::string_view base_path, std::string_view pool, std::string_view nonce,
                          std::string_view from, ecv::Epoch max_epoch, std::uint64_t wait, base::Duration hold) {
  std::string out(base_path);
  out += "/ecv/v1/" + io::percent_encode(pool);
  out += "?nonce=" + io::percent_encode(nonce);
  out += "&from=" + io::percent_encode(from);
  out += "&max_epoch=" + std::to_string(max_epoch.value);
  if (wait != 0) out += "&wait=" + std::to_string(wait) + "&hold=" + std::to_string(base::to_ms(hold));
  return out;
}

}  // namespace control
