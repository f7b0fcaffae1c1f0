// libFuzzer target of the configuration loaders; tests/unit/conf/corpus_test.cc runs its corpus plainly.
#include "base/bytes.h"
#include "tests/fuzz/yaml_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)fuzz::try_yaml(base::as_text({data, size}));
  return 0;
}
