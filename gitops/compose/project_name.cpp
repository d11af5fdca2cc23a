#include "gitops/compose/project_name.hpp"

#include <algorithm>

namespace hwcsync::compose {
namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

}  // namespace

bool is_project_name(const std::string& name) {
  return !name.empty() && is_alphanumeric(name.front()) && std::all_of(name.begin(), name.end(), [](char c) {
    return is_alphanumeric(c) || c == '_' || c == '-';
  });
}

std::string project_name_of(const std::string& directory) {
  std::string out;
  for (const char letter : directory.substr(directory.rfind('/') + 1)) {  // npos + 1 is 0
    const char c = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
    const bool within = !out.empty() && (c == '_' || c == '-');
    if (is_alphanumeric(c) || within) out += c;
  }
  return out;
}

}  // namespace hwcsync::compose
