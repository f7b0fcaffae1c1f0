#include "tests/sim/database.h"

#include <algorithm>
#include <utility>

#include "tests/sim/checker.h"
#include "tests/sim/heap.h"

namespace sim {

void Database::tell() { checker_->writable(heap_->now(), site_, writable()); }

void Database::perform(std::function<void()> statement) {
  if (!alive_) return;
  if (hung_) {
    waiting_.push_back(std::move(statement));
  } else {
    statement();
  }
}

void Database::start() {
  if (alive_) return;
  alive_ = true;
  hung_ = false;
  read_only_ = true;
  io_running = replica;  // replication starts with the server
  tell();
}

void Database::kill() {
  alive_ = hung_ = false;
  waiting_.clear();
  tell();
}

void Database::wake() {
  hung_ = false;
  for (auto& statement : std::exchange(waiting_, {})) statement();
}

void Database::set_read_only(bool on) {
  read_only_ = on;
  tell();
}

void Database::client_write() {
  if (!answers() || read_only_ || disk_full_) return;
  sequence_[static_cast<std::size_t>(site_)] = std::max(sequence_[0], sequence_[1]) + 1;
}

void Database::replicate_from(const Database& source) {
  for (std::size_t i = 0; i < 2; ++i) sequence_[i] = std::max(sequence_[i], source.sequence_[i]);
  if (source.row.value > row.value) row = source.row;
}

std::string Database::position() const {
  std::string out = "0-1-" + std::to_string(sequence_[0]);
  if (sequence_[1] > 0) out += ",0-2-" + std::to_string(sequence_[1]);
  return out;
}

}  // namespace sim
