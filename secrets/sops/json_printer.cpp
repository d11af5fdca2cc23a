#include "secrets/sops/printer.hpp"
#include "secrets/sops/scalar.hpp"

#include <string_view>

namespace hwcsync::secrets {
namespace {

enum class Layout { compact, indented };

class Printer {
 public:
  explicit Printer(Layout layout) : layout_(layout) {}

  void node(const SopsNode& node) {
    switch (node.kind) {
      case SopsNode::Kind::map:
      case SopsNode::Kind::list:
        container(node);
        break;
      case SopsNode::Kind::scalar:
        scalar(node);
        break;
      case SopsNode::Kind::null:
      case SopsNode::Kind::comment:
        out_.append(as_bytes("null"));
        break;
    }
  }
  SecureBuffer take() { return std::move(out_); }

 private:
  void break_line() {
    if (layout_ == Layout::compact) return;
    out_.append('\n');
    for (int i = 0; i < depth_; ++i) out_.append('\t');
  }

  void container(const SopsNode& node) {
    out_.append(node.is_map() ? '{' : '[');
    ++depth_;
    bool first = true;
    for (const SopsNode::Item& item : node.items) {
      if (item.node.is_comment()) continue;
      if (!first) out_.append(',');
      first = false;
      break_line();
      if (node.is_map()) {
        text(as_bytes(item.key));
        out_.append(as_bytes(layout_ == Layout::compact ? ":" : ": "));
      }
      this->node(item.node);
    }
    --depth_;
    if (!first) break_line();
    out_.append(node.is_map() ? '}' : ']');
  }

  void scalar(const SopsNode& node) {
    const bool quoted =
        node.type == ScalarType::text || node.type == ScalarType::bytes || node.type == ScalarType::time;
    quoted ? text(node.value.bytes()) : out_.append(spell_scalar(node).bytes());
  }

  void text(Bytes value) {
    constexpr std::string_view kHex = "0123456789abcdef";
    out_.append('"');
    for (const std::uint8_t c : value) {
      if (c == '"' || c == '\\') {
        out_.append('\\');
        out_.append(c);
      } else if (c == '\n' || c == '\t' || c == '\r') {
        out_.append('\\');
        out_.append(static_cast<std::uint8_t>(c == '\n' ? 'n' : c == '\t' ? 't' : 'r'));
      } else if (c < 0x20) {
        out_.append(as_bytes("\\u00"));
        out_.append(static_cast<std::uint8_t>(kHex[c >> 4U]));
        out_.append(static_cast<std::uint8_t>(kHex[c & 15U]));
      } else {
        out_.append(c);
      }
    }
    out_.append('"');
  }

  Layout layout_;
  int depth_ = 0;
  SecureBuffer out_;
};

}  // namespace

SecureBuffer print_json(const SopsNode& node) {
  Printer printer(Layout::indented);
  printer.node(node);
  SecureBuffer out = printer.take();
  out.append('\n');
  return out;
}

SecureBuffer print_compact_json(const SopsNode& node) {
  Printer printer(Layout::compact);
  printer.node(node);
  return printer.take();
}

}  // namespace hwcsync::secrets
