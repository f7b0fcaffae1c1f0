// libFuzzer target of the master-file loader; tests/unit/zones_compile/corpus_test.cc runs its corpus plainly.
#include "base/bytes.h"
#include "tests/fuzz/zone_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)fuzz::try_zone(base::as_text({data, size}));
  return 0;
}
