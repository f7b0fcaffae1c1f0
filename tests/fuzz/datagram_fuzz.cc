#include "tests/fuzz/datagram_input.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  fuzz::datagram_input({data, size});
  return 0;
}
