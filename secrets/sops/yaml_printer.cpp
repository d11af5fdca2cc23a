#include "secrets/sops/printer.hpp"
#include "secrets/sops/scalar.hpp"

#include <algorithm>
#include <string_view>

namespace hwcsync::secrets {
namespace {

constexpr int kIndent = 4;

bool is_control(std::uint8_t c) {
  return (c < 0x20 && c != '\n') || c == 0x7f;
}

// Bytes at `at` of a character above ASCII that some reader takes for a line break or refuses: U+0080 to
// U+009F, U+2028, U+2029, U+FEFF, U+FFFE, U+FFFF. 0 for any other.
std::size_t unprintable(Bytes text, std::size_t at) {
  if (at + 1 < text.size() && text[at] == 0xc2 && text[at + 1] < 0xa0) return 2;
  if (at + 2 >= text.size()) return 0;
  const std::uint8_t second = text[at + 1];
  const std::uint8_t third = text[at + 2];
  if (text[at] == 0xe2 && second == 0x80 && (third == 0xa8 || third == 0xa9)) return 3;
  if (text[at] == 0xef && ((second == 0xbb && third == 0xbf) || (second == 0xbf && third >= 0xbe))) return 3;
  return 0;
}

// Whether the text means itself without quotes, to every parser.
bool is_plain(Bytes text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  constexpr std::string_view kIndicators = "-?:,[]{}#&*!|>'\"%@`=~<";
  if (kIndicators.find(static_cast<char>(text.front())) != std::string_view::npos) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool breaks = is_control(text[i]) || text[i] == '\n' || text[i] >= 0x80;
    const bool colon = text[i] == ':' && i + 1 < text.size() && text[i + 1] == ' ';
    const bool comment = text[i] == '#' && i > 0 && text[i - 1] == ' ';
    if (breaks || colon || comment) return false;
  }
  // YAML 1.1 parsers read these as booleans.
  constexpr std::string_view kWords[] = {"y",  "Y",  "n",  "N",  "yes", "Yes", "YES", "no",
                                         "No", "NO", "on", "On", "ON",  "off", "Off", "OFF"};
  if (std::ranges::any_of(kWords, [&](std::string_view w) { return equal(as_bytes(w), text); })) return false;
  const auto resolved = resolve_plain(text);
  return resolved && resolved->is_scalar() && resolved->type == ScalarType::text;
}

// A literal block keeps such a text as it is.
bool fits_block(Bytes text) {
  const bool broken = std::ranges::find(text, std::uint8_t{'\n'}) != text.end();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (unprintable(text, i) != 0) return false;
  }
  return broken && text.front() != ' ' && text.front() != '\n' && std::ranges::none_of(text, is_control) &&
         !(text.size() > 1 && text.back() == '\n' && text[text.size() - 2] == '\n');
}

class Printer {
 public:
  void document(const SopsNode& node) {
    items(node, 0);
    // Comments alone would become those of the next document.
    if (std::ranges::all_of(node.items, [](const auto& item) { return item.node.is_comment(); }))
      out_.append(as_bytes("{}\n"));
  }
  void separator() { out_.append(as_bytes("---\n")); }
  SecureBuffer take() { return std::move(out_); }

 private:
  void indent(int depth) {
    for (int i = 0; i < depth * kIndent; ++i) out_.append(' ');
  }

  void items(const SopsNode& node, int depth) {
    for (const SopsNode::Item& item : node.items) {
      indent(depth);
      entry(node, item, depth);
    }
  }

  void entry(const SopsNode& parent, const SopsNode::Item& item, int depth) {
    if (item.node.is_comment()) {
      out_.append('#');
      out_.append(item.node.value.bytes());
      out_.append('\n');
      return;
    }
    if (parent.is_map()) {
      if (item.key == "<<") {
        out_.append(as_bytes("!!merge <<"));  // as sops writes it
      } else {
        text(as_bytes(item.key), -1);
      }
      out_.append(':');
    } else {
      out_.append('-');
    }
    value(item.node, depth);
  }

  void value(const SopsNode& node, int depth) {
    if (node.is_map() || node.is_list()) {
      if (std::ranges::all_of(node.items, [](const auto& i) { return i.node.is_comment(); })) {
        out_.append(as_bytes(node.is_map() ? " {}\n" : " []\n"));
        return;
      }
      out_.append('\n');
      items(node, depth + 1);
      return;
    }
    out_.append(' ');
    if (!node.is_scalar()) {
      out_.append(as_bytes("null\n"));
    } else if (node.type == ScalarType::text || node.type == ScalarType::bytes) {
      text(node.value.bytes(), depth);
      out_.append('\n');
    } else {
      out_.append(spell_scalar(node).bytes());
      out_.append('\n');
    }
  }

  // `depth` of the line it stands on; -1 for a key, which stays on one line.
  void text(Bytes value, int depth) {
    if (is_plain(value)) {
      out_.append(value);
    } else if (depth >= 0 && fits_block(value)) {
      block(value, depth + 1);
    } else {
      quoted(value);
    }
  }

  void block(Bytes value, int depth) {
    const bool ends = value.back() == '\n';
    out_.append(as_bytes(ends ? "|" : "|-"));
    if (ends) value = value.first(value.size() - 1);
    while (true) {
      out_.append('\n');
      const auto end = std::ranges::find(value, std::uint8_t{'\n'});
      const Bytes line(value.begin(), end);
      if (!line.empty()) indent(depth);
      out_.append(line);
      if (end == value.end()) return;
      value = value.subspan(line.size() + 1);
    }
  }

  void quoted(Bytes value) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    out_.append('"');
    for (std::size_t i = 0; i < value.size(); ++i) {
      const std::uint8_t c = value[i];
      if (const std::size_t length = unprintable(value, i); length != 0) {
        unsigned point = c & (length == 2 ? 0x1fU : 0x0fU);
        for (std::size_t k = 1; k < length; ++k) point = point << 6U | (value[i + k] & 0x3fU);
        out_.append(as_bytes("\\u"));
        for (const unsigned shift : {12U, 8U, 4U, 0U})
          out_.append(static_cast<std::uint8_t>(kHex[point >> shift & 15U]));
        i += length - 1;
      } else if (c == '"' || c == '\\') {
        out_.append('\\');
        out_.append(c);
      } else if (c == '\n' || c == '\t' || c == '\r') {
        out_.append('\\');
        out_.append(static_cast<std::uint8_t>(c == '\n' ? 'n' : c == '\t' ? 't' : 'r'));
      } else if (is_control(c)) {
        out_.append(as_bytes("\\x"));
        out_.append(static_cast<std::uint8_t>(kHex[c >> 4U]));
        out_.append(static_cast<std::uint8_t>(kHex[c & 15U]));
      } else {
        out_.append(c);
      }
    }
    out_.append('"');
  }

  SecureBuffer out_;
};

}  // namespace

SecureBuffer print_yaml(const std::vector<SopsNode>& documents) {
  Printer printer;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    if (i > 0) printer.separator();
    printer.document(documents[i]);
  }
  return printer.take();
}

}  // namespace hwcsync::secrets
