// libFuzzer target of the data plane; tests/unit/dnsd_data/corpus_test.cc runs its corpus plainly.
#include "tests/fuzz/packet_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::try_packet({data, size});
  return 0;
}
