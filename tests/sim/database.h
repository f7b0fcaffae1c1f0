// A mysqld as the protocol sees it: open or closed, dead or hung, its transactions, its replication.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ecv/report.h"
#include "tests/sim/scenario.h"

namespace sim {

class Checker;
class Heap;

class Database {
 public:
  Database(int site, Heap& heap, Checker& checker) : site_(site), heap_(&heap), checker_(&checker) {}

  // A statement reaches the server: performed now, or, if it hangs, when it wakes; lost if it dies before.
  void perform(std::function<void()> statement);
  void start();  // my.cnf boots read-only
  void kill();
  void hang() { hung_ = alive_; }
  void wake();
  void set_read_only(bool on);
  void set_disk_full(bool on) { disk_full_ = on; }

  [[nodiscard]] bool alive() const { return alive_; }
  [[nodiscard]] bool hung() const { return hung_; }
  [[nodiscard]] bool answers() const { return alive_ && !hung_; }
  [[nodiscard]] bool read_only() const { return read_only_; }
  [[nodiscard]] bool disk_full() const { return disk_full_; }
  // Counts as taking writes even while it hangs: what it was told may still succeed.
  [[nodiscard]] bool writable() const { return alive_ && !read_only_; }
  // Clients write one transaction, if they can.
  void client_write();
  // Takes over what the source has.
  void replicate_from(const Database& source);
  // Whether everything that `other` has acknowledged is here.
  [[nodiscard]] bool holds(const std::array<std::uint64_t, kMaxSites>& other) const;
  [[nodiscard]] const std::array<std::uint64_t, kMaxSites>& transactions() const { return sequence_; }
  [[nodiscard]] const std::string& position() const;

  ecv::Epoch row;
  bool replica = true;  // a source is configured
  int source = -1;      // which site; -1: whichever writes
  bool io_running = true;

 private:
  void tell();

  int site_;
  Heap* heap_;
  Checker* checker_;
  bool alive_ = true;
  bool hung_ = false;
  bool read_only_ = true;
  bool disk_full_ = false;
  std::array<std::uint64_t, kMaxSites> sequence_{1};  // of each origin, the last transaction that is here
  mutable std::string text_;
  mutable bool stale_ = true;
  std::vector<std::function<void()>> waiting_;
};

}  // namespace sim
