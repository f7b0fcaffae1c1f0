#include "zones/snapshot/dynamic.h"

#include <algorithm>
#include <utility>

#include "zones/snapshot/choice.h"
#include "zones/snapshot/table.h"
#include "zones/wire/name.h"
#include "zones/wire/types.h"

namespace snapshot {

namespace {

// More addresses than this would not fit a message; they are cut.
constexpr std::size_t kMaxAddresses = 1000;

std::uint8_t* put_record(std::uint8_t* to, wire::Type number, base::ByteView rdata, std::uint32_t ttl_s) {
  const auto type = static_cast<std::uint8_t>(number);
  const std::uint8_t head[] = {0xc0,
                               wire::kHeaderSize,
                               0,
                               type,
                               0,
                               wire::kClassIn,
                               static_cast<std::uint8_t>(ttl_s >> 24),
                               static_cast<std::uint8_t>(ttl_s >> 16),
                               static_cast<std::uint8_t>(ttl_s >> 8),
                               static_cast<std::uint8_t>(ttl_s),
                               0,
                               static_cast<std::uint8_t>(rdata.size())};
  to = std::copy(std::begin(head), std::end(head), to);
  return std::copy(rdata.begin(), rdata.end(), to);
}

}  // namespace

bool DynamicAnswer::operator==(const DynamicAnswer& other) const {
  const bool chosen_alike =
      choice == other.choice || (choice != nullptr && other.choice != nullptr && *choice == *other.choice);
  return chosen_alike && outcome == other.outcome && addresses == other.addresses && ttl_s == other.ttl_s &&
         ede == other.ede && alias == other.alias && every_type == other.every_type;
}

DynamicRecords::DynamicRecords(const DynamicAnswer& from)
    : outcome_(from.outcome),
      has_ede_(from.ede.has_value()),
      every_type_(from.every_type),
      ede_(from.ede.value_or(0)),
      ttl_s_(from.ttl_s) {
  if (outcome_ == DynamicOutcome::kChoose) {
    chooser_ = Chooser::make(from.choice).release();
    if (chooser_ == nullptr) outcome_ = DynamicOutcome::kServfail;
    return;
  }
  if (outcome_ == DynamicOutcome::kAlias) {
    put_alias(from);
    return;
  }
  if (outcome_ != DynamicOutcome::kAnswer) return;
  std::vector<base::IpAddress> kept;
  for (const auto& address : from.addresses) {
    if (kept.size() < kMaxAddresses && std::find(kept.begin(), kept.end(), address) == kept.end()) {
      kept.push_back(address);
    }
  }
  const auto v6 = std::stable_partition(kept.begin(), kept.end(), [](const auto& a) { return !a.is_v6(); });
  count_a_ = static_cast<std::uint16_t>(v6 - kept.begin());
  count_aaaa_ = static_cast<std::uint16_t>(kept.end() - v6);
  bytes_ = new std::uint8_t[count_a_ * kRecordA + count_aaaa_ * kRecordAaaa];
  std::uint8_t* to = bytes_;
  for (const auto& address : kept) {
    to = put_record(to, address.is_v6() ? wire::kTypeAaaa : wire::kTypeA, address.bytes(), ttl_s_);
  }
}

void DynamicRecords::put_alias(const DynamicAnswer& from) {
  if (!wire::Name::from_wire(from.alias)) {
    outcome_ = DynamicOutcome::kServfail;
    return;
  }
  bytes_ = new std::uint8_t[kRecordHead + from.alias.size()];
  put_record(bytes_, wire::kTypeCname, from.alias, ttl_s_);
}

std::span<const std::uint8_t> DynamicRecords::alias() const {
  return {bytes_, kRecordHead + bytes_[kRecordHead - 1]};  // no name is longer than one octet can tell
}

DynamicRecords::DynamicRecords(DynamicRecords&& from) noexcept
    : outcome_(std::exchange(from.outcome_, DynamicOutcome::kServfail)),
      has_ede_(from.has_ede_),
      every_type_(from.every_type_),
      ede_(from.ede_),
      count_a_(std::exchange(from.count_a_, 0)),
      count_aaaa_(std::exchange(from.count_aaaa_, 0)),
      ttl_s_(from.ttl_s_) {
  if (outcome_ == DynamicOutcome::kChoose) {
    chooser_ = from.chooser_;
  } else {
    bytes_ = from.bytes_;
  }
  from.bytes_ = nullptr;
}

DynamicRecords::~DynamicRecords() {
  if (outcome_ == DynamicOutcome::kChoose) {
    delete chooser_;
  } else {
    delete[] bytes_;
  }
}

}  // namespace snapshot
