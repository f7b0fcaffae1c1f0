// libFuzzer target of cookies, subnets and all other EDNS options; tests/unit/dnsd_data/corpus_test.cc runs its corpus
// plainly.
#include "tests/fuzz/options_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::try_options({data, size});
  return 0;
}
