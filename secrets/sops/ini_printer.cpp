#include "secrets/sops/printer.hpp"

#include <algorithm>
#include <string_view>

namespace hwcsync::secrets {
namespace {

bool holds_any(Bytes value, std::string_view characters) {
  return std::ranges::any_of(
      value, [&](std::uint8_t c) { return characters.find(static_cast<char>(c)) != std::string_view::npos; });
}

bool is_blank(std::uint8_t c) {
  return c == ' ' || c == '\t' || c == '\r';
}

// The quotes that ini.v1 puts around a value so that it reads it back.
std::string_view quotes_of(Bytes value) {
  if (holds_any(value, "\n`")) return "\"\"\"";
  if (holds_any(value, "#;")) return "`";
  return !value.empty() && (is_blank(value.front()) || is_blank(value.back())) ? "\"" : "";
}

void append_comment(SecureBuffer& out, Bytes text) {
  out.append(as_bytes("; "));
  for (const std::uint8_t c : text) {
    out.append(c);
    if (c == '\n') out.append(as_bytes("; "));
  }
  out.append('\n');
}

}  // namespace

SecureBuffer print_ini(const SopsNode& node) {
  SecureBuffer out;
  for (const SopsNode::Item& section : node.items) {
    const auto& items = section.node.items;
    const bool has_values = std::ranges::any_of(items, [](const auto& i) { return !i.node.is_comment(); });
    const bool is_default = section.key == "DEFAULT";
    if (is_default && !has_values) continue;
    if (!out.empty()) out.append('\n');
    if (!items.empty() && items.front().node.is_comment())
      append_comment(out, items.front().node.value.bytes());
    if (!is_default) out.append(as_bytes("[" + section.key + "]\n"));
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (items[i].node.is_comment()) continue;
      if (i + 1 < items.size() && items[i + 1].node.is_comment())
        append_comment(out, items[i + 1].node.value.bytes());
      const Bytes value = items[i].node.value.bytes();
      const std::string_view quotes = quotes_of(value);
      const bool odd_name = items[i].key.find_first_of("\"=:") != std::string::npos;
      out.append(as_bytes((odd_name ? "`" + items[i].key + "`" : items[i].key) + " = "));
      out.append(as_bytes(quotes));
      out.append(value);
      out.append(as_bytes(quotes));
      out.append('\n');
    }
  }
  return out;
}

}  // namespace hwcsync::secrets
