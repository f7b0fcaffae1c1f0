// What a pool must not forget: its epochs and what a person decided. Encoded to the content of one slot of the
// two-slot state file (io::StateFile), which adds the checksum, the sequence number and the fsyncs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ecv/report.h"

namespace core {

struct Record {
  ecv::Epoch max_epoch;      // the highest ever seen or made
  ecv::Epoch own_epoch;      // the last under which this site was, or was about to be, the writer
  bool quarantined = false;  // errant transactions: only a person clears it
  bool maint = false;        // every node of this site was set offline by a person
  // Of the peer, as last heard: while it is silent nobody can ask it.
  bool peer_unguarded = false;  // it has no guard beside its writer
  bool peer_differs = false;    // its configuration hash is another
  bool service_lost = false;    // this site handed the writer on because nobody reached its service address
  // The node that goes with own_epoch; of kind multi_writer the preferred writer. "" if there is none, or if an older
  // version wrote the record.
  std::string writer{};
  std::vector<std::string> offline{};  // nodes that a person set offline, by name; an older version wrote none
  // Whether that node is one of them.
  [[nodiscard]] bool is_offline(std::string_view node, bool local) const;
  void set_offline(const std::string& node, bool offline);
  bool operator==(const Record&) const = default;
};

[[nodiscard]] std::string encode(const Record& record);
// Error: not this format, a field missing, unknown or out of range, or own_epoch above max_epoch.
[[nodiscard]] base::Result<Record> decode_record(std::string_view content);

}  // namespace core
