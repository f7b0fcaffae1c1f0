// The answer of a dynamic name (wide-IP): what health decided, and the wire form that workers copy.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/ip.h"

namespace snapshot {

// Which dynamic name of a Snapshot: dense, from 0, in the order of Builder::add_dynamic.
struct DynamicId {
  std::uint32_t index = 0;
  auto operator<=>(const DynamicId&) const = default;
};

enum class DynamicOutcome : std::uint8_t {
  kAnswer,  // the addresses; NODATA for a family that has none
  kNodata,  // the name exists, no address now; never NXDOMAIN
  kServfail,
  kRefuse,
  kAlias,   // a CNAME: DynamicAnswer::alias
  kChoose,  // one of several, by who asks or in turn: DynamicAnswer::choice
};

struct Choice;  // zones/snapshot/choice.h
class Chooser;

// What control decided about one name.
struct DynamicAnswer {
  DynamicOutcome outcome = DynamicOutcome::kServfail;
  std::vector<base::IpAddress> addresses;  // both families, in the order to be served; duplicates are dropped
  // TTL of the addresses; a NODATA for A or AAAA is cached no longer than this either.
  std::uint32_t ttl_s = 0;
  std::optional<std::uint16_t> ede;  // RFC 8914 code sent with A and AAAA answers, e.g. wire::kEdeStaleAnswer
  // With kChoose, and only then: what is chosen from. Nothing of the above is served then.
  std::shared_ptr<const Choice> choice = {};
  base::Bytes alias = {};  // with kAlias: the target, an uncompressed wire name; SERVFAIL if it is none
  // The name may be an alias at some time or for some client, so what is decided holds for questions of every type, and
  // not for those of addresses alone: the absence of another type is cached no longer than `ttl_s` either. With kChoose
  // it is that of all variants.
  bool every_type = false;

  // By value: what is chosen from, too; a ClientMap is equal to itself alone.
  [[nodiscard]] bool operator==(const DynamicAnswer& other) const;
};

// The immutable form of a DynamicAnswer: records ready to copy, owner a pointer to the question (0xC00C).
class DynamicRecords {
 public:
  explicit DynamicRecords(const DynamicAnswer& from);
  DynamicRecords(DynamicRecords&& from) noexcept;
  DynamicRecords& operator=(DynamicRecords&&) = delete;
  ~DynamicRecords();

  static constexpr std::size_t kRecordA = 16;  // octets of one A record with a compressed owner
  static constexpr std::size_t kRecordAaaa = 28;

  [[nodiscard]] DynamicOutcome outcome() const { return outcome_; }
  [[nodiscard]] std::uint32_t ttl_s() const { return ttl_s_; }
  [[nodiscard]] bool has_ede() const { return has_ede_; }
  [[nodiscard]] bool every_type() const { return every_type_; }
  [[nodiscard]] std::uint16_t ede() const { return ede_; }
  [[nodiscard]] std::size_t count_a() const { return count_a_; }
  [[nodiscard]] std::size_t count_aaaa() const { return count_aaaa_; }
  [[nodiscard]] std::span<const std::uint8_t> a() const { return {bytes_, count_a_ * kRecordA}; }
  [[nodiscard]] std::span<const std::uint8_t> aaaa() const {
    return {bytes_ + count_a_ * kRecordA, count_aaaa_ * kRecordAaaa};
  }
  // Only where the outcome is kAlias: the CNAME record, its target uncompressed.
  [[nodiscard]] std::span<const std::uint8_t> alias() const;
  // Only where the outcome is kChoose.
  [[nodiscard]] const Chooser& chooser() const { return *chooser_; }

 private:
  void put_alias(const DynamicAnswer& from);

  DynamicOutcome outcome_;
  bool has_ede_ = false;
  bool every_type_ = false;
  std::uint16_t ede_ = 0;
  std::uint16_t count_a_ = 0;
  std::uint16_t count_aaaa_ = 0;
  std::uint32_t ttl_s_ = 0;
  // Owned. There are many names: one pointer serves for both.
  union {
    std::uint8_t* bytes_ = nullptr;
    const Chooser* chooser_;  // where the outcome is kChoose
  };
};

}  // namespace snapshot
