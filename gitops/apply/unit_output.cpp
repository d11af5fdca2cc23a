#include "gitops/apply/unit_output.hpp"

#include "src/base/fd.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

namespace hwcsync::apply {

std::string tail_of(const std::string& path) {
  std::error_code missing;
  const auto size = std::filesystem::file_size(path, missing);
  if (missing || size > (64U << 20U)) return {};
  const std::string text = read_file(path);
  constexpr std::size_t kTail = 16'384;
  return text.size() > kTail ? text.substr(text.size() - kTail) : text;
}

bool looks_passing(const std::string& text) {
  constexpr std::array<std::string_view, 6> kWords{"unable to download", "Could not resolve host",
                                                   "Connection refused", "Connection timed out",
                                                   "Temporary failure",  "No space left"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

}  // namespace hwcsync::apply
