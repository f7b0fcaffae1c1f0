// Keeps the flight recording (flight.h) of a running site: files flight-NNNNNN.rec in a folder, the oldest removed when
// they take more than they may. Each start of the process begins a file; so does each `segment_bytes`.
//
// The loop only encodes: a thread writes, so that a disk that hangs holds up nothing. What the core did is on its way
// to the disk within a second, what the journal tells at once; nothing is fsynced: a recording tells, it decides
// nothing. If the disk falls behind by more than 16 MiB, or fails, recording ends until the next start and says so.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "sitecheck/core/actions.h"
#include "sitecheck/io/flight.h"

namespace sitecheck {

struct RecorderOptions {
  std::filesystem::path folder;
  std::size_t segment_bytes = std::size_t{16} << 20;
  std::size_t total_bytes = std::size_t{80} << 20;  // of all files, the one being written included
};

class Recorder {
 public:
  // `header` is of the core::Site that was just made. Error: no file can be begun.
  [[nodiscard]] static base::Result<std::unique_ptr<Recorder>> open(RecorderOptions options, FlightHeader header);
  // Writes what is left.
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // After each core::Site::step().
  void step(base::Instant now, std::span<const core::Event> events, std::span<const core::Action> actions);
  // After core::Site::reconfigure(): a file of its own begins.
  void reconfigure(base::Instant now, const core::Reconfiguration& change, std::span<const core::Action> actions);
  // Hands what is there to the disk.
  void flush();

 private:
  struct Impl;
  explicit Recorder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The recordings of a folder, oldest first.
[[nodiscard]] std::vector<std::filesystem::path> recordings(const std::filesystem::path& folder);

}  // namespace sitecheck
