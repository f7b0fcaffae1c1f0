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
  sequence_[static_cast<std::size_t>(site_)] = *std::max_element(sequence_.begin(), sequence_.end()) + 1;
  stale_ = true;
}

void Database::replicate_from(const Database& from) {
  if (from.row.value > row.value) row = from.row;
  if (from.sequence_ == sequence_) return;
  for (std::size_t i = 0; i < sequence_.size(); ++i) sequence_[i] = std::max(sequence_[i], from.sequence_[i]);
  stale_ = true;
}

bool Database::holds(const std::array<std::uint64_t, kMaxSites>& other) const {
  for (std::size_t i = 0; i < sequence_.size(); ++i) {
    if (sequence_[i] < other[i]) return false;
  }
  return true;
}

const std::string& Database::position() const {
  if (!std::exchange(stale_, false)) return text_;
  text_.clear();
  for (std::size_t i = 0; i < sequence_.size(); ++i) {
    if (sequence_[i] == 0) continue;
    if (!text_.empty()) text_ += ',';
    text_ += "0-" + std::to_string(i + 1) + "-" + std::to_string(sequence_[i]);
  }
  return text_;
}

}  // namespace sim
