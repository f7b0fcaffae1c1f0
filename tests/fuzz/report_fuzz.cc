// libFuzzer target: any bytes as an ECV report. What is accepted must encode and decode again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ecv/report.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto report = ecv::decode({reinterpret_cast<const char*>(data), size});
  if (report && !ecv::decode(ecv::encode(*report))) std::abort();
  return 0;
}
