// Feeds a Prometheus text to tests/support/check_metrics.py.
#pragma once

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace support {

// What is wrong with `text`, one line each; empty: nothing.
inline std::string metrics_faults(const std::string& text) {
  std::string path = (std::filesystem::temp_directory_path() / "metricsXXXXXX").string();
  const int fd = ::mkstemp(path.data());
  if (fd < 0) return "no temporary file";
  ::close(fd);
  std::ofstream(path, std::ios::binary) << text;
  const std::string script = std::string(WIDEIP_SOURCE_DIR) + "/tests/support/check_metrics.py";
  std::FILE* pipe = ::popen(("'" + script + "' < '" + path + "' 2>&1").c_str(), "r");
  if (pipe == nullptr) return "the check does not run";
  std::string out;
  std::array<char, 4096> part{};
  for (std::size_t n = 0; (n = std::fread(part.data(), 1, part.size(), pipe)) > 0;) out.append(part.data(), n);
  const int status = ::pclose(pipe);
  std::filesystem::remove(path);
  if (out == "\n") out.clear();
  return status == 0 ? out : out.empty() ? "the check failed without a word" : out;
}

}  // namespace support
