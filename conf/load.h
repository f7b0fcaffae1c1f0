// Loading configuration: YAML to values, every fault at once, and what a good configuration implies.
//
// Any thread may call these; nothing is kept between calls. No exception leaves this folder. A Loaded value whose
// ok() is false is half filled and must not be used.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "conf/dnsd.h"
#include "conf/fault.h"
#include "conf/sitecheck.h"

namespace conf {

// What a load needs of the outside, as a seam for tests and fuzzing.
struct Outside {
  // The whole file; error: why it cannot be read.
  std::function<base::Result<std::string>(const std::filesystem::path&)> read;
  // The variable `${NAME}` of the environment; nothing if it is not set.
  std::function<std::optional<std::string>(const std::string&)> variable;
  // The existing files that a glob(7) pattern matches, sorted.
  std::function<std::vector<std::filesystem::path>(const std::filesystem::path&)> glob;
  // Why the file cannot be read; nothing if it can.
  std::function<std::optional<std::string>(const std::filesystem::path&)> unreadable;
  // True if users other than the owner and the group may read the file.
  std::function<bool(const std::filesystem::path&)> world_readable;
  // How many threads may parse ahead of the caller's.
  unsigned threads = 0;
};
// Files and environment of this process.
[[nodiscard]] Outside real_outside(unsigned threads = 0);

// Reads the file and everything that it includes and names. Faults stand in the order of the files and lines; they
// carry the name of the file in which they stand, as it was reached from `path`.
[[nodiscard]] Loaded<Dnsd> load_dnsd(const std::filesystem::path& path, const Outside& outside = real_outside());
[[nodiscard]] Loaded<Sitecheck> load_sitecheck(const std::filesystem::path& path,
                                               const Outside& outside = real_outside());

// The same from a text; `name` is what faults call it and where relative paths start.
[[nodiscard]] Loaded<Dnsd> load_dnsd_text(std::string_view text, const std::filesystem::path& name,
                                          const Outside& outside = real_outside());
[[nodiscard]] Loaded<Sitecheck> load_sitecheck_text(std::string_view text, const std::filesystem::path& name,
                                                    const Outside& outside = real_outside());

// Where the daemon's control socket is, for commands: of a file with faults elsewhere too, and without reading secrets.
// Error: the file cannot be read or parsed at all.
[[nodiscard]] base::Result<std::filesystem::path> dnsd_control(const std::filesystem::path& path,
                                                               const Outside& outside = real_outside());
[[nodiscard]] base::Result<std::filesystem::path> sitecheck_control(const std::filesystem::path& path,
                                                                    const Outside& outside = real_outside());

// What a good configuration implies: failover bound, stale-answer bound, the timing inequality with its numbers,
// the assumption on connectivity (protocol.md section 6), and the warnings.
struct Implications {
  std::string text;  // for people, lines
  std::string json;  // one object, conf/schema/{dnsd,sitecheck}-check.schema.json
};
[[nodiscard]] Implications implications(const Loaded<Dnsd>& loaded);
[[nodiscard]] Implications implications(const Loaded<Sitecheck>& loaded);

}  // namespace conf
