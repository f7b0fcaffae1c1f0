#include "base/io/completion.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>

namespace io {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

ProgramSpec sample() {
  ProgramSpec out{
      .name = "prog",
      .summary = "A program",
      .config = "/etc/prog.yaml",
      .commands = {{.name = "look",
                    .help = "Looks at it's [node]: closely; and more",
                    .arguments = {{"NODE", "The node"}},
                    .options = {{.name = "last", .value_name = "N", .help = "How many", .number = true},
                                {.name = "role", .value_name = "ROLE", .help = "Role", .words = {"rw", "ro"}},
                                {.name = "verbose", .value_name = "", .help = "More", .letter = 'v'}},
                    .json = true,
                    .run = {}},
                   {.name = "load",
                    .help = "Loads. At once",
                    .options = {{.name = "from", .value_name = "FILE", .help = "Whence"}},
                    .daemon = true,
                    .reason = Reason::kOptional,
                    .run = {}}}};
  out.commands.push_back(completion_command(out));
  return out;
}

// What a real bash offers for the last of `words`, as it stands between its own hands: `=` is a word of its own there.
std::vector<std::string> offered(const std::vector<std::string>& words) {
  const std::string path = testing::TempDir() + "completion-" + std::to_string(::getpid()) + ".bash";
  {
    std::ofstream script(path);
    script << bash_completion(sample()) << "COMP_WORDS=(";
    for (const auto& word : words) script << "'" << word << "' ";
    script << ")\nCOMP_CWORD=" << words.size() - 1 << "\n_prog\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> bash(::popen(("bash --norc " + path + " 2>&1").c_str(), "r"),
                                                             &::pclose);
  std::vector<std::string> out;
  std::array<char, 4096> line{};
  while (std::fgets(line.data(), line.size(), bash.get()) != nullptr) {
    std::string text = line.data();
    text.pop_back();
    if (!text.empty()) out.push_back(text);
  }
  std::remove(path.c_str());
  return out;
}

TEST(Completion, BashOffersTheCommands) {
  EXPECT_THAT(offered({"prog", ""}), ElementsAre("look", "load", "completion", "--help", "--version"));
  EXPECT_THAT(offered({"prog", "lo"}), ElementsAre("look", "load"));
  EXPECT_THAT(offered({"prog", "nonsense", ""}), IsEmpty());
}

TEST(Completion, BashOffersTheFlagsOfACommandAndNoOthers) {
  EXPECT_THAT(offered({"prog", "look", "--"}),
              ElementsAre("--last", "--role", "--verbose", "--config", "--json", "--help", "--version"));
  EXPECT_THAT(offered({"prog", "look", "-v"}), ElementsAre("-v"));
  EXPECT_THAT(offered({"prog", "load", "--"}),
              ElementsAre("--from", "--config", "--control", "--reason", "--help", "--version"));
}

TEST(Completion, BashOffersTheWordsThatAValueMayBe) {
  EXPECT_THAT(offered({"prog", "look", "db1", "--role", ""}), ElementsAre("rw", "ro"));
  EXPECT_THAT(offered({"prog", "look", "--role", "=", "r"}), ElementsAre("rw", "ro"));
  EXPECT_THAT(offered({"prog", "look", "--role", "="}), ElementsAre("rw", "ro"));
  EXPECT_THAT(offered({"prog", "look", "--last", ""}), IsEmpty()) << "a number is nobody's to guess";
}

TEST(Completion, BashKnowsWhichArgumentItIs) {
  EXPECT_THAT(offered({"prog", "completion", ""}), ElementsAre("bash", "zsh"));
  EXPECT_THAT(offered({"prog", "completion", "--config", "x", "z"}), ElementsAre("zsh"));
  EXPECT_THAT(offered({"prog", "completion", "--config", "=", "x", "b"}), ElementsAre("bash"));
  EXPECT_THAT(offered({"prog", "look", ""}), IsEmpty()) << "a node that it does not know";
  EXPECT_THAT(offered({"prog", "completion", "bash", ""}), Contains("--config"));
}

TEST(Completion, BashOffersFilesWhereAFileIsMeant) {
  std::ofstream(testing::TempDir() + "completion of.yaml") << "";
  EXPECT_THAT(offered({"prog", "load", "--from", testing::TempDir() + "completion o"}),
              ElementsAre(testing::TempDir() + "completion of.yaml"));
  EXPECT_THAT(offered({"prog", "look", "--config", testing::TempDir() + "completion o"}), Not(IsEmpty()));
}

TEST(Completion, ZshGetsEveryCommandWithItsFlagsQuoted) {
  const std::string script = zsh_completion(sample());
  EXPECT_THAT(script, HasSubstr("#compdef prog\n"));
  EXPECT_THAT(script, HasSubstr("'look:Looks at it'\\''s \\[node\\]\\: closely'\n"));
  EXPECT_THAT(script, HasSubstr("'--role=[Role]:ROLE:(rw ro)'"));
  EXPECT_THAT(script, HasSubstr("'--from=[Whence]:FILE:_files'"));
  EXPECT_THAT(script, HasSubstr("'-v[More]'"));
  EXPECT_THAT(script, HasSubstr("'1:SHELL:(bash zsh)'"));
  EXPECT_THAT(script, HasSubstr("'load:Loads'"));
}

TEST(Completion, TheCommandPrintsEitherAndRefusesAnother) {
  std::ostringstream out, err;
  EXPECT_EQ(run_program(sample(), {"completion", "bash"}, out, err), 0);
  EXPECT_EQ(out.str(), bash_completion(sample()));
  out.str("");
  EXPECT_EQ(run_program(sample(), {"completion", "zsh"}, out, err), 0);
  EXPECT_EQ(out.str(), zsh_completion(sample()));
  EXPECT_EQ(run_program(sample(), {"completion", "fish"}, out, err), 2);
  EXPECT_THAT(err.str(), HasSubstr("bash"));
}

}  // namespace
}  // namespace io
