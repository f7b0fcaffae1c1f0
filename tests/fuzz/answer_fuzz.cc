// libFuzzer target of the answers of MySQL servers; tests/unit/probes/mysql_answer_test.cc runs its corpus plainly.
#include "tests/fuzz/answer_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::try_answer({data, size});
  return 0;
}
