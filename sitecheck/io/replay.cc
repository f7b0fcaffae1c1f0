#include "sitecheck/io/replay.h"

#include <utility>

#include "base/file.h"
#include "sitecheck/io/recorder.h"

namespace sitecheck {

namespace {

constexpr std::size_t kMostFile = std::size_t{1} << 30;

base::Result<FlightDecoder> open_file(const std::filesystem::path& path) {
  auto content = base::read_file(path, kMostFile);
  if (!content) return base::fail(content.error().message);
  auto decoder = FlightDecoder::open(std::move(*content));
  if (!decoder) return base::fail(path.string() + ": " + decoder.error().message);
  return decoder;
}

// The configuration was read anew where `header`'s file begins.
void reconfigure(const FlightHeader& header, core::Site& site, Replayed& out) {
  std::vector<core::Action> actions;
  site.reconfigure({header.config, *header.reconfigured, header.loaded}, header.start, actions);
  if (!out.differs_at && hash_actions(actions) != header.wanted) out.differs_at = out.steps;
  ++out.steps;
  out.actions += actions.size();
}

// Replays one file on `site`; false if the flight cannot go on after it.
bool replay_file(FlightDecoder& file, core::Site& site, Replayed& out, const OnReplayed& on_step) {
  for (;;) {
    auto step = file.next();
    if (!step) {
      out.ended = step.error().message;
      return false;
    }
    if (!*step) {
      if (file.torn()) out.ended = "the last block is not whole: the process was killed as it wrote";
      return !file.torn();
    }
    std::vector<core::Action> actions;
    site.step((*step)->events, (*step)->now, actions);
    if (!out.differs_at && hash_actions(actions) != (*step)->actions) out.differs_at = out.steps;
    ++out.steps;
    out.events += (*step)->events.size();
    out.actions += actions.size();
    if (on_step) on_step(site, **step, actions);
  }
}

}  // namespace

base::Result<std::vector<std::filesystem::path>> flight_of(const std::filesystem::path& file) {
  auto wanted = open_file(file);
  if (!wanted) return base::fail(wanted.error().message);
  const auto process = wanted->header().identity.boot_id;
  const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  std::vector<std::filesystem::path> out;
  for (const auto& path : recordings(folder)) {
    const auto other = open_file(path);
    if (other && other->header().identity.boot_id == process) out.push_back(path);
  }
  if (out.empty()) out.push_back(file);  // under a name of its own
  return out;
}

base::Result<Replayed> replay(const std::filesystem::path& file, const OnReplayed& on_step) {
  const auto files = flight_of(file);
  if (!files) return base::fail(files.error().message);
  Replayed out;
  std::optional<core::Site> site;
  for (const auto& path : *files) {
    auto decoder = open_file(path);
    if (!decoder) return base::fail(decoder.error().message);
    const auto& header = decoder->header();
    if (!site) {
      if (header.segment != 0) {
        return base::fail(path.string() + " is file " + std::to_string(header.segment + 1) +
                          " of its process, and the first is gone: give the recorder more room");
      }
      for (const auto& pool : header.config.pools) {
        if (core::find_kind(core::builtin_kinds(), pool.kind) != nullptr) continue;
        return base::fail(path.string() + ": pool " + pool.name + " is of kind \"" + pool.kind +
                          "\", which this version does not have");
      }
      site.emplace(header.config, header.identity, header.loaded, header.start);
    } else if (header.first_step != out.steps) {
      out.ended = path.string() + " does not follow the file before it";
      return out;
    }
    if (header.reconfigured) reconfigure(header, *site, out);
    if (!replay_file(*decoder, *site, out, on_step)) return out;
  }
  return out;
}

}  // namespace sitecheck
