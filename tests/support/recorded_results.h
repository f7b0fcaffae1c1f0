// Answers of a server, kept as text (tests/support/mysql8/README.md tells the form).
#pragma once

#include <fstream>
#include <map>
#include <stdexcept>
#include <string>

#include "tests/support/mysql_wire.h"

namespace testing_support {

struct RecordedServer {
  std::string version;
  std::map<std::string, FakeResult> answers;  // by statement; one that ends in '*' stands for all with that beginning

  [[nodiscard]] FakeResult answer_to(const std::string& sql) const {
    if (const auto exact = answers.find(sql); exact != answers.end()) return exact->second;
    for (const auto& [statement, result] : answers) {
      if (statement.ends_with('*') && sql.starts_with(statement.substr(0, statement.size() - 1))) return result;
    }
    return {1064, "You have an error in your SQL syntax near '" + sql.substr(0, 80) + "' at line 1", {}, {}};
  }

  static RecordedServer load(const std::string& path) {
    std::ifstream in(path);
    if (!in) throw std::runtime_error("cannot read " + path);
    RecordedServer out;
    FakeResult* at = nullptr;
    for (std::string line; std::getline(in, line);) out.take(line, at);
    return out;
  }

 private:
  void take(const std::string& line, FakeResult*& at) {
    if (line.empty() || line[0] == '#') return;
    if (line.starts_with("version ")) {
      version = line.substr(8);
    } else if (line.starts_with("> ")) {
      at = &answers[line.substr(2)];
    } else if (line.starts_with("! ")) {
      std::size_t end = 0;
      at->error = static_cast<unsigned>(std::stoul(line.substr(2), &end));
      at->text = line.substr(2 + end + 1);
    } else if (line.starts_with("columns ")) {  // and no row
      at->columns = {line.substr(8)};
    } else if (line == "row") {
      at->rows.emplace_back();
    } else {
      const auto colon = line.find(':');
      if (colon == std::string::npos || at->rows.empty()) throw std::runtime_error("cannot be read: " + line);
      if (at->rows.size() == 1) at->columns.push_back(line.substr(0, colon));
      const std::string value = colon + 2 <= line.size() ? line.substr(colon + 2) : "";
      at->rows.back().push_back(value == "NULL" ? std::nullopt : std::optional(value));
    }
  }
};

}  // namespace testing_support
