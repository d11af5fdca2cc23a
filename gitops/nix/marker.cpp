#include "gitops/nix/marker.hpp"

#include "src/base/hash.hpp"

#include <utility>

namespace hwcsync::nix {
namespace {

constexpr std::string_view kHash = "# inputs: ";

// The line at the front of `text`, without its newline, which is taken off too.
std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

}  // namespace

std::string with_marker(std::string_view subject, std::string_view body) {
  std::string out;
  std::string interpreter;
  std::string_view rest = body;
  if (rest.substr(0, 2) == "#!") interpreter = std::string(take_line(rest)) + "\n";
  out += interpreter;
  out += "# " + std::string(kMarker) + (subject.empty() ? "<name>" : std::string(subject)) +
         " in the Git repository instead.\n";
  out += std::string(kHash) + sha256_hex(rest) + "\n";
  return out + std::string(rest);
}

MarkerState marker_state(std::string_view content) {
  std::string_view rest = content;
  if (rest.substr(0, 2) == "#!") (void)take_line(rest);
  const auto first = take_line(rest);
  if (first.substr(0, 2) != "# " || first.substr(2, kMarker.size()) != kMarker) return MarkerState::absent;
  const auto second = take_line(rest);
  const bool same =
      second.substr(0, kHash.size()) == kHash && second.substr(kHash.size()) == sha256_hex(rest);
  return same ? MarkerState::intact : MarkerState::edited;
}

}  // namespace hwcsync::nix
