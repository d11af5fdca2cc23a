#include "secrets/vault/substitute.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace hwcsync::secrets {
namespace {

bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

std::string_view take_name(std::string_view text) {
  if (text.empty() || !starts_name(text.front())) return {};
  std::size_t end = 1;
  while (end < text.size() && (starts_name(text[end]) || (text[end] >= '0' && text[end] <= '9'))) ++end;
  return text.substr(0, end);
}

const SecureBuffer& resolve(std::string_view name, const std::vector<DotenvEntry>& entries) {
  if (const SecureBuffer* value = find_value(entries, name)) return *value;
  // The name may be a piece of a password with a dollar in it: it is not told.
  throw SubstitutionError(
      "a '$' refers to a variable that no earlier line sets; write $$ or use single quotes "
      "if the dollar is meant");
}

}  // namespace

SecureBuffer substitute(Bytes bytes, const std::vector<DotenvEntry>& entries) {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  SecureBuffer out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto dollar = text.find('$');
    out.append(as_bytes(text.substr(0, dollar)));
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar + 1);
    if (text.starts_with('$')) {
      out.append('$');
      text.remove_prefix(1);
    } else if (text.starts_with('{')) {
      const std::string_view name = take_name(text.substr(1));
      if (name.empty() || text.substr(1 + name.size()).empty() || text[1 + name.size()] != '}') {
        throw SubstitutionError(
            "a '${' is not of the form ${NAME}; write $$ or use single quotes if it is meant");
      }
      out.append(resolve(name, entries).bytes());
      text.remove_prefix(name.size() + 2);
    } else if (const std::string_view name = take_name(text); !name.empty()) {
      out.append(resolve(name, entries).bytes());
      text.remove_prefix(name.size());
    } else {
      out.append('$');
    }
  }
  return out;
}

const SecureBuffer* find_value(const std::vector<DotenvEntry>& entries, std::string_view key) {
  const auto found =
      std::find_if(entries.rbegin(), entries.rend(), [&](const auto& e) { return e.key == key; });
  return found == entries.rend() ? nullptr : &found->value;
}

std::string find_reference(Bytes bytes, const std::vector<DotenvEntry>& entries) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (auto at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 2)) {
    const std::string_view name = take_name(text.substr(at + 2));
    const bool closed = !name.empty() && text.substr(at + 2 + name.size()).starts_with('}');
    if (closed && find_value(entries, name) != nullptr) return std::string(name);
  }
  return {};
}

}  // namespace hwcsync::secrets
