#include "sitecheck/io/flight.h"

#include <unordered_map>
#include <utility>

#include "sitecheck/io/flight_codec.h"

namespace sitecheck {

namespace {

constexpr std::string_view kMagic = "wideipF1";
constexpr std::size_t kFrame = 8;
constexpr std::size_t kKinds = std::variant_size_v<core::Event>;

using Slots = std::array<std::vector<core::Event>, kKinds>;

std::uint32_t checksum(base::ByteView bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const auto b : bytes) hash = (hash ^ b) * 0x100000001b3;
  return static_cast<std::uint32_t>(hash ^ hash >> 32);
}

base::Bytes framed(const base::Bytes& payload) {
  base::ByteWriter out;
  out.u32(static_cast<std::uint32_t>(payload.size()));
  out.u32(checksum(payload));
  out.bytes(payload);
  return out.take();
}

template <std::size_t... I>
std::uint64_t shape_of_events(std::uint64_t hash, std::index_sequence<I...> /*kinds*/) {
  ((hash = flight::shape<std::variant_alternative_t<I, core::Event>>(hash)), ...);
  return hash;
}

std::uint64_t shape_of_all() {
  return shape_of_events(flight::shape<FlightHeader>(), std::make_index_sequence<kKinds>());
}

// Like events come from the same place and differ little. Two sources that fall into one slot cost bytes, no more.
template <typename E>
std::uint64_t source_of(const E& e) {
  if constexpr (std::is_same_v<E, core::PeerDatagram>) {
    const std::string key = e.datagram.from + '\0' + e.datagram.pool + '\0' + std::to_string(e.path);
    return std::hash<std::string>()(key);
  } else if constexpr (
      requires { e.node; } && requires { e.pool; }) {
    if constexpr (std::is_same_v<decltype(e.node), core::NodeIndex>) return e.pool << 32 | e.node;
  }
  if constexpr (requires { e.pool; }) return e.pool;
  return 0;
}

template <typename E>
bool names_what_exists(const E& e, const core::SiteConfig& config) {
  if constexpr (std::is_same_v<E, core::RoundDone>) return e.items.size() <= config.checkpoints.size();
  if constexpr (requires { e.pool; }) {
    if (e.pool >= config.pools.size()) return false;
    if constexpr (requires { e.node; }) {
      const auto nodes = config.pools[e.pool].nodes.size();
      if constexpr (std::is_same_v<decltype(e.node), core::NodeIndex>) {
        if (e.node >= nodes) return false;
      } else if (e.node && *e.node >= nodes) {
        return false;
      }
    }
  }
  return true;
}

core::Event event_of_kind(std::size_t kind) {
  core::Event out;
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    ((I == kind ? static_cast<void>(out.emplace<I>()) : void()), ...);
  }
  (std::make_index_sequence<kKinds>());
  return out;
}

}  // namespace

std::uint32_t hash_actions(std::span<const core::Action> actions) {
  if (actions.empty()) return 0;
  base::Bytes bytes;
  flight::Writer out(bytes);
  for (const auto& action : actions) {
    out.number(action.index());
    std::visit([&](const auto& a) { out.put(a); }, action);
  }
  const auto hash = checksum(bytes);
  return hash == 0 ? 1 : hash;
}

struct FlightEncoder::Impl {
  base::Bytes block;
  base::Instant last;
  Slots slots;
  std::array<std::unordered_map<std::uint64_t, std::size_t>, kKinds> slot_of;

  void put(const core::Event& event) {
    const auto kind = event.index();
    flight::Writer out(block);
    out.number(kind);
    const auto source = std::visit([](const auto& e) { return source_of(e); }, event);
    const auto found = slot_of[kind].emplace(source, slots[kind].size() % flight::kMostItems).first;
    if (found->second == slots[kind].size()) slots[kind].push_back(event_of_kind(kind));
    core::Event& before = slots[kind][found->second];
    out.number(found->second);
    std::visit([&]<typename E>(const E& e) { out.put(e, std::get<E>(before)); }, event);
    before = event;
  }
};

FlightEncoder::FlightEncoder() : impl_(std::make_unique<Impl>()) {}
FlightEncoder::~FlightEncoder() = default;

base::Bytes FlightEncoder::begin(const FlightHeader& header) {
  *impl_ = Impl{};
  impl_->last = header.start;
  base::Bytes payload;
  flight::Writer out(payload);
  out.put(header.version);
  out.number(shape_of_all());
  out.put(header);
  base::Bytes file(kMagic.begin(), kMagic.end());
  const auto block = framed(payload);
  file.insert(file.end(), block.begin(), block.end());
  return file;
}

void FlightEncoder::step(base::Instant now, std::span<const core::Event> events, std::uint32_t actions) {
  flight::Writer out(impl_->block);
  out.put(now, impl_->last);
  impl_->last = now;
  out.number(events.size() * 2 + (actions != 0 ? 1 : 0));
  for (const auto& event : events) impl_->put(event);
  if (actions != 0) out.number(actions);
}

std::size_t FlightEncoder::block_size() const { return impl_->block.size(); }

base::Bytes FlightEncoder::end_block() {
  if (impl_->block.empty()) return {};
  auto out = framed(impl_->block);
  impl_->block.clear();
  return out;
}

struct FlightDecoder::Impl {
  std::string content;
  std::size_t at = 0;  // of the next block
  bool torn = false;
  FlightHeader header;
  base::Instant last;
  Slots slots;
  flight::Reader steps{{}};  // of the block under way

  // Nothing at the end or where the file is torn.
  base::Result<std::optional<base::ByteView>> next_block() {
    const auto rest = base::as_bytes(std::string_view(content).substr(at));
    base::ByteReader in(rest);
    const auto size = in.u32();
    const auto sum = in.u32();
    const auto payload = in.bytes(size);
    if (size > flight::kMostBlock) {
      at = content.size();
      return base::fail("the recording is damaged: a block of more than 4 MiB");
    }
    if (!in.ok()) {
      torn = !rest.empty();
      at = content.size();
      return std::optional<base::ByteView>();
    }
    at += kFrame + size;
    if (checksum(payload) != sum) {
      at = content.size();
      return base::fail("the recording is damaged: the checksum of a block does not match");
    }
    return std::optional<base::ByteView>(payload);
  }

  void get(core::Event& out) {
    const auto kind = steps.number();
    const auto slot = steps.number();
    if (!steps.ok() || kind >= kKinds || slot > slots[kind].size() || slot >= flight::kMostItems) return steps.fail();
    if (slot == slots[kind].size()) slots[kind].push_back(event_of_kind(kind));
    core::Event& before = slots[kind][slot];
    const bool exists = std::visit(
        [&](auto& e) {
          steps.get(e);
          return names_what_exists(e, header.config);
        },
        before);
    if (!exists) return steps.fail();
    out = before;
  }
};

FlightDecoder::FlightDecoder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
FlightDecoder::FlightDecoder(FlightDecoder&&) noexcept = default;
FlightDecoder& FlightDecoder::operator=(FlightDecoder&&) noexcept = default;
FlightDecoder::~FlightDecoder() = default;

base::Result<FlightDecoder> FlightDecoder::open(std::string content) {
  auto impl = std::make_unique<Impl>();
  impl->content = std::move(content);
  if (!impl->content.starts_with(kMagic)) return base::fail("no flight recording of sitecheck");
  impl->at = kMagic.size();
  const auto block = impl->next_block();
  if (!block) return base::fail(block.error().message);
  if (!*block) return base::fail("the recording ends within its header");
  flight::Reader in(**block);
  std::string version;
  in.get(version);
  const auto shape = in.number();
  if (!in.ok() || shape != shape_of_all()) {
    return base::fail("recorded by another build" + (in.ok() ? " (sitecheck " + version + ")" : std::string()) +
                      ": only the build that recorded can replay");
  }
  in.get(impl->header);
  if (!in.ok() || in.left() != 0 || impl->header.loaded.size() != impl->header.config.pools.size()) {
    return base::fail("the recording's header is damaged");
  }
  impl->last = impl->header.start;
  return FlightDecoder(std::move(impl));
}

const FlightHeader& FlightDecoder::header() const { return impl_->header; }
bool FlightDecoder::torn() const { return impl_->torn; }

base::Result<std::optional<FlightStep>> FlightDecoder::next() {
  while (impl_->steps.left() == 0) {
    const auto block = impl_->next_block();
    if (!block) return base::fail(block.error().message);
    if (!*block) return std::optional<FlightStep>();
    impl_->steps = flight::Reader(**block);
  }
  auto& in = impl_->steps;
  FlightStep out;
  out.now = impl_->last;
  in.get(out.now);
  const auto count = in.number();
  if (count / 2 > flight::kMostItems || out.now < impl_->last) in.fail();
  for (std::uint64_t i = 0; i < count / 2 && in.ok(); ++i) impl_->get(out.events.emplace_back());
  if (count % 2 == 1) out.actions = static_cast<std::uint32_t>(in.number());
  if (!in.ok()) {
    in = flight::Reader({});
    impl_->at = impl_->content.size();
    return base::fail("the recording is damaged: a step that cannot be");
  }
  impl_->last = out.now;
  return std::optional<FlightStep>(std::move(out));
}

}  // namespace sitecheck
