// The gate for ECV reports: an HTTP answer of whoever answered goes in, a report that our site signed for our request
// comes out, or the name of what is wrong with it. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/io/http_client.h"
#include "ecv/mac.h"
#include "ecv/report.h"

namespace control {

enum class Fault : std::uint8_t {
  kNone,
  // No answer.
  kRefused,
  kUnreachable,
  kTimeout,
  kReset,
  kTls,
  kNoAnswer,  // for any other reason
  // An answer that is none of ours.
  kNotHttp,
  kTooLarge,
  kStatus,    // neither 200 nor 503
  kUnsigned,  // no Wideip-MAC header
  kBadMac,    // a header that is none
  kUnknownKey,
  kMacMismatch,  // forged, altered, replayed from another request, or a half-done key rotation
  kUndecodable,
  kWrongSite,
  kWrongPool,
  kReplayed,  // seq did not grow on this path
  kDeadBoot,  // of a process that was succeeded by another
  kCount,
};
inline constexpr std::size_t kFaults = static_cast<std::size_t>(Fault::kCount);

// "refused", "mac_mismatch": stable, for logs, status and metrics.
[[nodiscard]] std::string_view name(Fault f);

// For people: what came in and was not believed.
[[nodiscard]] std::string_view words(Fault f);

// True for answers that somebody gave but that could not be believed: worth an alarm, unlike a site that is away.
[[nodiscard]] bool suspicious(Fault f);

// How often each came, since the start.
struct FaultCounters {
  std::array<std::uint64_t, kFaults> counts{};
  void add(Fault f) { ++counts[static_cast<std::size_t>(f)]; }
  [[nodiscard]] std::uint64_t operator[](Fault f) const { return counts[static_cast<std::size_t>(f)]; }
};

// The largest body that is read: 1,024 nodes with long positions fit.
inline constexpr std::size_t kMaxReport = std::size_t{1} << 20;

// What the request was.
struct Asked {
  std::string site;
  std::string pool;
  std::string target;  // path and query as sent
  std::string nonce;
};

struct Ingested {
  Fault fault = Fault::kNone;
  std::string detail;  // for people
  ecv::Report report;  // only if fault is kNone
};

// A 503 with a valid signed body is a normal answer: the site is not ACTIVE. The status line is not signed and decides
// nothing. The MAC is verified before a byte of the body is looked at.
[[nodiscard]] Ingested ingest(const io::HttpReply& reply, const ecv::KeyRing& keys, const Asked& asked);

// The request's target under a base URL's path:
// "/ecv/v1/main?nonce=…&from=ns1&max_epoch=1793[&wait=17&hold=250]". `wait` 0: not asked for. `hold`: the longest that
// we want to be kept waiting; a site whose own poll interval is shorter answers earlier.
[[nodiscard]] std::string report_target(std::string_view base_path, std::string_view pool, std::string_view nonce,
                                        std::string_view from, ecv::Epoch max_epoch, std::uint64_t wait,
                                        base::Duration hold);

}  // namespace control
