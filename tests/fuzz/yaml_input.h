// One input of the configuration loaders, for the fuzzer and the corpus runner. Aborts if a promise of conf/load.h is
// broken: any octets give faults or values, each fault has a message, what loads has implications, and a document that
// is read in pieces is the one that is read whole.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

#include "conf/check.h"
#include "conf/load.h"
#include "tests/support/document_pieces.h"

namespace fuzz {

// Files and environment that touch nothing: every secret is there, every glob matches two files.
inline conf::Outside closed_outside() {
  conf::Outside out;
  out.read = [](const std::filesystem::path& path) -> base::Result<std::string> {
    if (path.extension() == ".yaml") return "zones: [{origin: example.net, file: z}]\ninclude: [\"more/*.yaml\"]\n";
    if (path.filename() == "nowhere") return base::fail("cannot open nowhere");
    return "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";
  };
  out.variable = [](const std::string& name) -> std::optional<std::string> {
    if (name == "NOWHERE") return std::nullopt;
    return "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
  };
  out.glob = [](const std::filesystem::path&) { return std::vector<std::filesystem::path>{"x/a.yaml", "x/b.yaml"}; };
  out.unreadable = [](const std::filesystem::path&) { return std::nullopt; };
  out.world_readable = [](const std::filesystem::path& path) { return path.filename() == "open.key"; };
  return out;
}

template <typename T>
std::size_t examine(const conf::Loaded<T>& loaded) {
  for (const auto& fault : loaded.faults) {
    if (fault.message.empty() || conf::to_string(fault).empty()) std::abort();
  }
  if (loaded.ok() && conf::implications(loaded).json.empty()) std::abort();
  return loaded.faults.size();
}

struct YamlFaults {
  std::size_t dnsd = 0;
  std::size_t sitecheck = 0;
};

// The number of faults that each loader finds.
inline YamlFaults try_yaml(std::string_view octets) {
  if (support::read_in(octets, {1, 8}) != support::read_in(octets, {})) std::abort();
  const auto outside = closed_outside();
  return {examine(conf::load_dnsd_text(octets, "input.yaml", outside)),
          examine(conf::load_sitecheck_text(octets, "input.yaml", outside))};
}

}  // namespace fuzz
