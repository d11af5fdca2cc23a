#include "src/base/yaml.hpp"

#include <array>
#include <cstdio>

namespace hwcsync {
namespace {

// What YAML counts as a break or as not printable beyond ASCII (YAML 1.1: c-printable, b-char): C1 controls
// with U+0085, U+2028, U+2029, the byte order mark, U+FFFE and U+FFFF. Readers fold or refuse them; 0 for any
// other.
unsigned to_be_escaped(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(text[i])); };
  if (text.size() >= 2 && byte(0) == 0xC2 && byte(1) < 0xA0) return byte(1);
  if (text.size() < 3) return 0;
  const unsigned point = ((byte(0) & 0x0FU) << 12U) | ((byte(1) & 0x3FU) << 6U) | (byte(2) & 0x3FU);
  const bool odd =
      point == 0x2028 || point == 0x2029 || point == 0xFEFF || point == 0xFFFE || point == 0xFFFF;
  return (byte(0) & 0xF0U) == 0xE0U && odd ? point : 0;
}

void write_escape(std::string& out, unsigned point) {
  std::array<char, 8> escape{};
  std::snprintf(escape.data(), escape.size(), point < 0x100 ? "\\x%02x" : "\\u%04x", point);
  out += escape.data();
}

void write_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
          write_escape(out, static_cast<unsigned char>(c));
        } else if (const unsigned point = to_be_escaped(text.substr(i, 3)); point != 0) {
          write_escape(out, point);
          i += point < 0x100 ? 1 : 2;
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

// Words that no YAML reader, 1.1 or 1.2, takes for anything but text.
bool is_safe_plain(std::string_view text) {
  if (text.empty() || text.size() > 100) return false;
  const char first = text.front();
  if (!((first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first == '/')) return false;
  for (const char c : text) {
    const bool safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-' || c == '.' || c == '/';
    if (!safe) return false;
  }
  static constexpr std::array kWords{"y",   "n",  "yes", "no",  "on",   "off",   "true", "false", "null",
                                     "Y",   "N",  "Yes", "No",  "On",   "Off",   "True", "False", "Null",
                                     "YES", "NO", "ON",  "OFF", "TRUE", "FALSE", "NULL"};
  for (const char* word : kWords) {
    if (text == word) return false;
  }
  return true;
}

void write_scalar(std::string& out, const Yaml& value) {
  if (value.is_null()) {
    out += "null";
  } else if (value.style == Yaml::Style::plain || is_safe_plain(value.text)) {
    out += value.text;
  } else {
    write_quoted(out, value.text);
  }
}

void write_key(std::string& out, std::string_view key) {
  if (is_safe_plain(key)) {
    out += key;
  } else {
    write_quoted(out, key);
  }
}

void write_block(std::string& out, const Yaml& value, int indent);

// What follows "key:" or "-".
void write_after(std::string& out, const Yaml& value, int indent) {
  if (value.is_mapping() && value.entries.empty()) {
    out += " {}\n";
  } else if (value.is_sequence() && value.items.empty()) {
    out += " []\n";
  } else if (value.is_mapping() || value.is_sequence()) {
    out += '\n';
    write_block(out, value, indent + 2);
  } else {
    out += ' ';
    write_scalar(out, value);
    out += '\n';
  }
}

void write_block(std::string& out, const Yaml& value, int indent) {
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  for (const Yaml::Entry& entry : value.entries) {
    out += margin;
    write_key(out, entry.key);
    out += ':';
    write_after(out, entry.value, indent);
  }
  for (const Yaml& item : value.items) {
    out += margin + '-';
    write_after(out, item, indent);
  }
}

}  // namespace

std::string write_yaml(const Yaml& value) {
  std::string out;
  if (value.is_mapping() && !value.entries.empty()) {
    write_block(out, value, 0);
  } else if (value.is_sequence() && !value.items.empty()) {
    write_block(out, value, 0);
  } else {
    write_after(out, value, 0);
    out.erase(0, 1);
  }
  return out;
}

}  // namespace hwcsync
