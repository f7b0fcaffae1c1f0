// Open descriptors that travel between processes of one host over a Unix stream socket (unix(7), SCM_RIGHTS).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace io {

// A line of text (without its newline), then the descriptors, which stay the sender's too. Error: the peer is gone, or
// takes nothing.
[[nodiscard]] base::Result<void> send_descriptors(int connection, std::string_view line, std::span<const int> fds);

struct Received {
  std::string line;
  std::vector<base::Fd> fds;  // close-on-exec
};
// The line and `count(line)` descriptors behind it; reads nothing that comes after them. Blocks, for as long as the
// socket's own timeout (SO_RCVTIMEO) lets it. Error: the peer is gone, late, or sent something else.
[[nodiscard]] base::Result<Received> receive_descriptors(int connection, std::size_t (*count)(std::string_view line));

}  // namespace io
