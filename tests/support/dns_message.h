// A second, independent reading of DNS responses, for tests: strict, slow, and made of strings.
#pragma once

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ip.h"
#include "base/text.h"
#include "zones/wire/name.h"

namespace dns_test {

struct Record {
  std::string owner;  // as sent, final dot
  wire::Type type = 0;
  wire::Class klass = 0;
  std::uint32_t ttl = 0;
  std::string rdata;

  [[nodiscard]] std::string text() const {
    return owner + " " + std::to_string(ttl) + " " + wire::type_name(type) + " " + rdata;
  }
};

struct Message {
  std::vector<std::string> faults;  // empty: well-formed
  std::uint16_t id = 0;
  std::uint16_t flags = 0;
  wire::Rcode rcode = 0;  // extended
  std::string qname;
  wire::Type qtype = 0;
  std::size_t questions = 0;
  std::vector<Record> answer, authority, additional;  // without OPT
  bool edns = false;
  std::uint16_t payload = 0;
  std::uint8_t version = 0;
  bool dnssec_ok = false;
  std::vector<std::pair<std::uint16_t, std::string>> options;  // data as hex
  std::size_t size = 0;

  [[nodiscard]] bool aa() const { return (flags & wire::kFlagAa) != 0; }
  [[nodiscard]] bool tc() const { return (flags & wire::kFlagTc) != 0; }
  [[nodiscard]] static std::vector<std::string> texts(const std::vector<Record>& of) {
    std::vector<std::string> out;
    for (const auto& record : of) out.push_back(record.text());
    return out;
  }
};

class Decoder {
 public:
  explicit Decoder(base::ByteView raw) : raw_(raw) {}

  Message run() {
    Message out;
    out.size = raw_.size();
    if (raw_.size() < wire::kHeaderSize) return fault(out, "shorter than a header");
    out.id = u16();
    out.flags = u16();
    out.rcode = out.flags & 0xf;
    if ((out.flags & wire::kFlagQr) == 0) out.faults.push_back("QR is not set");
    if ((out.flags & 0x0040) != 0) out.faults.push_back("the Z bit is set");
    out.questions = u16();
    const std::size_t counts[] = {u16(), u16(), u16()};
    for (std::size_t i = 0; i < out.questions && ok_; ++i) {
      out.qname = name(true);
      out.qtype = u16();
      u16();
    }
    std::vector<Record>* sections[] = {&out.answer, &out.authority, &out.additional};
    for (int s = 0; s < 3; ++s) {
      for (std::size_t i = 0; i < counts[s] && ok_; ++i) record(out, *sections[s], s == 2);
    }
    if (!ok_) return fault(out, why_);
    if (at_ != raw_.size()) out.faults.push_back("octets after the last record");
    find_crowded_aliases(out);
    find_duplicates(out);
    return out;
  }

 private:
  static Message fault(Message& out, const std::string& why) {
    out.faults.push_back(why);
    return out;
  }
  void fail(const std::string& why) {
    if (ok_) why_ = why;
    ok_ = false;
  }
  std::uint8_t u8() {
    if (at_ >= raw_.size()) {
      fail("cut short");
      return 0;
    }
    return raw_[at_++];
  }
  std::uint16_t u16() {
    const unsigned high = u8();
    return static_cast<std::uint16_t>(high << 8 | u8());
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }

  std::string name(bool pointers) {
    base::Bytes out;
    std::size_t at = at_;
    std::size_t lowest = at_;
    std::optional<std::size_t> end;
    while (ok_) {
      if (at >= raw_.size()) {
        fail("name runs past the end");
        break;
      }
      const std::uint8_t length = raw_[at];
      if ((length & 0xc0) == 0xc0) {
        if (!pointers) fail("pointer where none is allowed");
        if (at + 1 >= raw_.size()) fail("pointer runs past the end");
        if (!ok_) break;
        const std::size_t target = static_cast<std::size_t>(length & 0x3f) << 8 | raw_[at + 1];
        if (!end) end = at + 2;
        if (target >= lowest || target < wire::kHeaderSize) fail("pointer does not go back");
        lowest = target;
        at = target;
        continue;
      }
      if (length > wire::kMaxLabel || at + 1 + length > raw_.size()) {
        fail("bad label");
        break;
      }
      out.insert(out.end(), raw_.begin() + static_cast<std::ptrdiff_t>(at),
                 raw_.begin() + static_cast<std::ptrdiff_t>(at + 1 + length));
      at += 1U + length;
      if (length == 0) break;
    }
    at_ = end.value_or(at);
    const auto parsed = wire::Name::from_wire(out);
    if (!parsed) fail("name too long");
    return parsed ? parsed->to_string() : "";
  }

  void record(Message& out, std::vector<Record>& into, bool additional) {
    Record r;
    r.owner = name(true);
    r.type = u16();
    r.klass = u16();
    r.ttl = u32();
    const std::size_t length = u16();
    const std::size_t end = at_ + length;
    if (end > raw_.size()) return fail("record runs past the end");
    if (r.type == wire::kTypeOpt) {
      if (!additional || out.edns || r.owner != ".") out.faults.push_back("misplaced OPT");
      opt(out, r, end);
    } else {
      r.rdata = rdata(r.type, end);
      into.push_back(r);
    }
    if (at_ != end) fail("data of " + wire::type_name(r.type) + " has another length");
  }

  void opt(Message& out, const Record& r, std::size_t end) {
    out.edns = true;
    out.payload = r.klass;
    out.version = static_cast<std::uint8_t>(r.ttl >> 16);
    out.dnssec_ok = (r.ttl & 0x8000) != 0;
    if ((r.ttl & 0x7fff) != 0) out.faults.push_back("undefined EDNS flags are set");
    out.rcode = static_cast<wire::Rcode>(out.rcode | (r.ttl >> 24) << 4);
    while (at_ < end && ok_) {
      const auto code = u16();
      const auto length = u16();
      if (at_ + length > end) return fail("option runs past OPT");
      out.options.emplace_back(code, base::to_hex(raw_.subspan(at_, length)));
      at_ += length;
    }
  }

  std::string rdata(wire::Type type, std::size_t end) {
    switch (type) {
      case wire::kTypeNs:
      case wire::kTypeCname:
      case wire::kTypePtr: return name(true);
      case wire::kTypeDname: return name(false);
      case wire::kTypeMx: {
        const auto preference = u16();
        return std::to_string(preference) + " " + name(true);
      }
      case wire::kTypeSoa: {
        auto out = name(true);
        out += " " + name(true);
        for (int i = 0; i < 5; ++i) out += " " + std::to_string(u32());
        return out;
      }
      default: break;
    }
    const auto data = raw_.subspan(at_, end - at_);
    at_ = end;
    if (type == wire::kTypeA && data.size() == 4)
      return base::IpAddress::v4({data[0], data[1], data[2], data[3]}).to_string();
    if (type == wire::kTypeAaaa && data.size() == 16) {
      std::array<std::uint8_t, 16> bytes{};
      std::copy(data.begin(), data.end(), bytes.begin());
      return base::IpAddress::v6(bytes).to_string();
    }
    if (type == wire::kTypeTxt) return "\"" + std::string(base::as_text(data.subspan(1))) + "\"";
    return base::to_hex(data);
  }

  static void find_duplicates(Message& out) {
    std::set<std::string> seen;
    for (const auto* section : {&out.answer, &out.authority, &out.additional}) {
      for (const auto& r : *section) {
        if (!seen.insert(r.text()).second) out.faults.push_back("twice: " + r.text());
      }
    }
  }

  // RFC 1034 section 3.6.2 and RFC 2181 section 10.1: beside a CNAME stands no other data, nor a second one.
  static void find_crowded_aliases(Message& out) {
    for (const auto& alias : out.answer) {
      if (alias.type != wire::kTypeCname) continue;
      for (const auto& r : out.answer) {
        if (&r != &alias && r.owner == alias.owner && r.type != wire::kTypeRrsig) {
          out.faults.push_back("beside a CNAME: " + r.text());
        }
      }
    }
  }

  base::ByteView raw_;
  std::size_t at_ = 0;
  bool ok_ = true;
  std::string why_;
};

inline Message decode(base::ByteView raw) { return Decoder(raw).run(); }

// ---- making queries

inline wire::Name name(std::string_view text) { return wire::Name::parse(text).value(); }

struct QueryOptions {
  std::uint16_t id = 0x1234;
  std::uint16_t flags = 0;
  wire::Class klass = wire::kClassIn;
  int edns = -1;  // payload; -1: none
  std::uint8_t version = 0;
  bool dnssec_ok = false;
  base::Bytes options = {};
};

inline base::Bytes query(std::string_view qname, wire::Type type, const QueryOptions& with = {}) {
  base::ByteWriter out;
  out.u16(with.id);
  out.u16(with.flags);
  out.u16(1);
  out.u32(0);
  out.u16(with.edns >= 0 ? 1 : 0);
  out.bytes(name(qname).wire());
  out.u16(type);
  out.u16(with.klass);
  if (with.edns >= 0) {
    out.u8(0);
    out.u16(wire::kTypeOpt);
    out.u16(static_cast<std::uint16_t>(with.edns));
    out.u32(std::uint32_t{with.version} << 16 | (with.dnssec_ok ? 0x8000U : 0U));
    out.bytes16(with.options);
  }
  return out.take();
}

}  // namespace dns_test
