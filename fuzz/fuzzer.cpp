// libFuzzer's entry: one executable a target, chosen when it is compiled.
#include <cstddef>
#include <cstdlib>
#include <string_view>

#include "fuzz/targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto* const target = [] {
    for (const auto& known : hwcsync::fuzz::targets()) {
      if (known.name == HWCSYNC_FUZZ_TARGET) return &known;
    }
    std::abort();
  }();
  target->run({data, size});
  return 0;
}
