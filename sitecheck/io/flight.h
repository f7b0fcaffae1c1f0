// The flight recording: everything that went into the core, so that a site's life can be lived again, step by step,
// through the very core (replay.h). Encoder and decoder; pure. recorder.h writes the files.
//
// A file (flight-NNNNNN.rec in state_dir) is the text "wideipF1", then blocks: length and checksum (FNV-1a, folded) of
// 32 bits each, big-endian, then as many bytes. The first block is the header, each other one a row of steps:
//
//   step    microseconds since the step before; number of events * 2, plus 1 if there were actions; the events; of the
//           actions, where there were any, a hash of 32 bits
//   event   its kind (index in core::Event), its slot, what differs from the event before in that slot
//
// with values as flight_codec.h says. A slot is one source of like events: a node, or a sender on a path. A slot not
// used before is numbered next, and its event before is one of default values. Each file begins with empty slots. So
// an unchanged poll takes four or five bytes. A file is of one build's types only; the header says which.
//
// It holds the seed of the process's nonces, and what people gave as reasons: readable by its owner only.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "sitecheck/core/actions.h"
#include "sitecheck/core/site.h"

namespace sitecheck {

struct FlightHeader {
  std::string version;           // of the program
  base::WallTime wall;           // when `start` was, for people
  std::uint64_t segment = 0;     // of the process: 0 is its first file
  std::uint64_t first_step = 0;  // steps of the process before this file
  base::Instant start;           // segment 0: `now` of core::Site's construction; else of the last step before
  core::SiteConfig config;
  core::Identity identity;
  std::vector<core::LoadedPool> loaded;
  // The file begins with core::Site::reconfigure() at `start`, in the place of a step: to `config` and `loaded`, with
  // this identity.
  std::optional<core::Identity> reconfigured{};
  std::uint32_t wanted = 0;  // hash_actions() of what the core wanted then
};

struct FlightStep {
  base::Instant now;
  std::vector<core::Event> events;
  std::uint32_t actions = 0;  // hash_actions() of what the core wanted
};

// 0 only of no actions.
[[nodiscard]] std::uint32_t hash_actions(std::span<const core::Action> actions);

class FlightEncoder {
 public:
  FlightEncoder();
  ~FlightEncoder();
  FlightEncoder(const FlightEncoder&) = delete;
  FlightEncoder& operator=(const FlightEncoder&) = delete;

  // Begins a file: its first bytes.
  [[nodiscard]] base::Bytes begin(const FlightHeader& header);
  // Adds a step to the block under way; `now` must not go back.
  void step(base::Instant now, std::span<const core::Event> events, std::uint32_t actions);
  [[nodiscard]] std::size_t block_size() const;
  // The block under way, framed; empty if it has no step.
  [[nodiscard]] base::Bytes end_block();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class FlightDecoder {
 public:
  // `content` of one file. Error: no recording, of another build, or its header is damaged. Bytes may come from
  // anywhere: nothing in them makes it read past the end, allocate without bound or give an event that names a pool or
  // a node which the header's configuration lacks.
  [[nodiscard]] static base::Result<FlightDecoder> open(std::string content);
  FlightDecoder(FlightDecoder&&) noexcept;
  FlightDecoder& operator=(FlightDecoder&&) noexcept;
  ~FlightDecoder();

  [[nodiscard]] const FlightHeader& header() const;
  // The next step; nothing at the end. A last block that is not whole (the process was killed as it wrote) is an end
  // too, and torn() then true. Error: a damaged block; there is no more after it.
  [[nodiscard]] base::Result<std::optional<FlightStep>> next();
  [[nodiscard]] bool torn() const;

 private:
  struct Impl;
  explicit FlightDecoder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sitecheck
