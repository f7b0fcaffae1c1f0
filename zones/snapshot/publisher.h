// The meeting point of control and data plane: control publishes whole states, workers borrow them for one batch.
//
// Control (one thread, the same for every call but add_reader):
//   publisher.publish(std::move(snapshot));        start, reload: a new table; the old one is retired
//   publisher.answer(id, {kAnswer, {...}, 5});     a flip: only this name's records are rebuilt and swapped
//   publisher.reap();                              from a timer (say 100 ms): frees what no worker can still see
// On reload, set the answers of the new snapshot (Snapshot::set_answer) before it is published; ids belong to one
// snapshot. A flip costs one small allocation and one atomic exchange, whatever the size of the table.
//
// Worker: `const Snapshot* s = reader.enter()` before a batch, `reader.leave()` after it. Null until the first
// publish. Everything reached from `s` stays valid and unchanged until leave().
//
// How it holds (epochs): a reader stores the present epoch in its own cache line, then loads the pointer. The
// publisher swaps the pointer, then bumps the epoch and tags the old object with the value before. An object is freed
// once no reader's stored epoch is at or below its tag: a reader that entered later has loaded the new pointer.
// All four operations are sequentially consistent, which the argument needs.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "zones/snapshot/dynamic.h"
#include "zones/snapshot/snapshot.h"

namespace snapshot {

class Publisher {
 public:
  static constexpr std::size_t kMaxReaders = 2048;

  class alignas(64) Reader {
   public:
    [[nodiscard]] const Snapshot* enter() {
      epoch_.store(owner_->epoch_.load());
      return owner_->current_.load();
    }
    void leave() { epoch_.store(0, std::memory_order_release); }

   private:
    friend class Publisher;
    std::atomic<std::uint64_t> epoch_{0};  // 0: outside
    Publisher* owner_ = nullptr;
  };

  Publisher();
  // No reader may be inside.
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  // One per thread that reads, before its first enter(); lives as long as the publisher. Any thread. Aborts past
  // kMaxReaders.
  [[nodiscard]] Reader& add_reader();

  void publish(std::unique_ptr<Snapshot> next);
  // Swaps the answer of one dynamic name of the current snapshot. Ignored without one or with an id out of its range.
  void answer(DynamicId id, const DynamicAnswer& next);
  // Frees retired objects that no reader can see; returns how many wait still.
  std::size_t reap();

  // For control: the published snapshot, or null. Not for workers.
  [[nodiscard]] const Snapshot* current() const { return current_.load(std::memory_order_relaxed); }
  // How many snapshots were published.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }

 private:
  struct Retired {
    std::uint64_t tag = 0;
    std::unique_ptr<const Snapshot> snapshot;
    std::unique_ptr<const DynamicRecords> records;
  };
  void retire(Retired item);

  std::atomic<Snapshot*> current_{nullptr};
  std::atomic<std::uint64_t> epoch_{1};
  std::uint64_t generation_ = 0;
  std::vector<Retired> retired_;
  std::array<Reader, kMaxReaders> readers_;
  std::atomic<std::size_t> reader_count_{0};
};

}  // namespace snapshot
