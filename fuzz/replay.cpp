// Runs every target on its corpus, and on each file of it with single bytes changed: the fuzzers as an
// ordinary test.
#include "src/base/fd.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "fuzz/targets.hpp"

int main() {
  const char* root = std::getenv("HWCSYNC_SOURCE_DIR");
  const std::filesystem::path corpus =
      std::filesystem::path(root == nullptr ? "." : root) / "fuzz" / "corpus";
  std::size_t inputs = 0;
  for (const auto& target : hwcsync::fuzz::targets()) {
    std::size_t files = 0;
    const auto directory = corpus / target.name;
    if (std::filesystem::is_directory(directory)) {
      for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        const std::string original = hwcsync::read_file(entry.path().string());
        ++files;
        for (std::size_t i = 0; i <= original.size(); i += 1 + original.size() / 50, ++inputs) {
          std::string input = original;
          if (i < input.size()) input[i] = static_cast<char>(input[i] ^ static_cast<char>(1U << i % 8));
          target.run({reinterpret_cast<const std::uint8_t*>(input.data()), input.size()});
        }
      }
    }
    if (files == 0) {
      std::printf("FAILED: %s has no corpus\n", std::string(target.name).c_str());
      return 1;
    }
  }
  std::printf("%zu inputs\n", inputs);
  return 0;
}
