// Files of the tree that are made from tables: the tests compare them, and write them with WIDEIP_UPDATE_GOLDEN=1.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace golden {

inline std::string path(const std::string& name) { return std::string(WIDEIP_SOURCE_DIR) + "/" + name; }

inline std::string read(const std::string& name) {
  std::ifstream file(path(name));
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

inline void expect_up_to_date(const std::string& name, const std::string& content) {
  if (std::getenv("WIDEIP_UPDATE_GOLDEN") != nullptr) std::ofstream(path(name)) << content;
  EXPECT_EQ(read(name), content) << name << " is not up to date: run this test with WIDEIP_UPDATE_GOLDEN=1";
}

}  // namespace golden
