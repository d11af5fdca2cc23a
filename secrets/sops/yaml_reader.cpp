#include "secrets/sops/yaml_reader.hpp"

#include "secrets/sops/scalar.hpp"
#include "secrets/sops/yaml_cursor.hpp"
#include "src/base/text.hpp"

#include <iterator>
#include <map>
#include <set>
#include <utility>

namespace hwcsync::secrets {
namespace {

constexpr int kDepthLimit = 64;
constexpr std::size_t kNodeLimit = 100'000;
constexpr std::size_t kCopiedLimit = 16U << 20U;  // bytes that aliases repeat

constexpr std::string_view kMergeTag = "!!merge";
constexpr std::string_view kMergeKey = "<<";

// What a value follows on its line: it decides which collections may begin there.
enum class After { key, dash, nothing };

// A value, and the comments on its own lines that count as standing above it.
struct Value {
  SopsNode node;
  std::vector<SopsNode> above;
};

class Reader {
 public:
  Reader(Bytes text, std::string_view verb) : cursor_(text, verb) {
    if (!is_valid_utf8(public_text_of(text))) cursor_.malformed("the file is not UTF-8");
    check_characters(text);
  }

  std::vector<SopsNode> run() {
    std::vector<SopsNode> out;
    for (;;) {
      cursor_.skip_to_content();
      if (cursor_.at_marker("...")) {
        skip_marker();
        continue;
      }
      const bool marked = cursor_.at_marker("---");
      if (marked) skip_marker();
      if (!marked && cursor_.at_end() && (!out.empty() || cursor_.pending() == 0)) break;
      if (!marked && cursor_.column() == 0 && cursor_.peek() == '%') cursor_.unsupported("YAML directives");
      out.push_back(document());
    }
    if (out.empty()) out.push_back(SopsNode::map());
    return out;
  }

 private:
  // YAML 1.2.2, section 5.1, as far as single bytes tell; sops refuses these characters too.
  void check_characters(Bytes text) const {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const std::uint8_t c = text[i];
      if (c == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'))
        cursor_.unsupported("a carriage return without a line feed");
      if ((c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
        cursor_.malformed("control characters are not allowed");
    }
  }

  static std::string_view public_text_of(Bytes text) {
    return {reinterpret_cast<const char*>(text.data()), text.size()};
  }

  void skip_marker() {
    for (int i = 0; i < 3; ++i) cursor_.advance();
  }

  SopsNode document() {
    anchors_.clear();
    Value top = value(-1, After::nothing);
    if (top.node.kind == SopsNode::Kind::null) top.node = SopsNode::map();
    if (!top.node.is_map()) cursor_.malformed("a document is not a mapping");
    cursor_.skip_to_content();
    if (!cursor_.at_document_end()) cursor_.malformed("a line is indented less than what it belongs to");
    SopsNode out = SopsNode::map();
    append(out, std::move(top.above));
    out.items.insert(out.items.end(), std::make_move_iterator(top.node.items.begin()),
                     std::make_move_iterator(top.node.items.end()));
    append(out, cursor_.take_comments());
    return out;
  }

  static void append(SopsNode& out, std::vector<SopsNode> comments) {
    for (SopsNode& comment : comments) out.items.push_back({{}, std::move(comment)});
  }

  void count(std::size_t nodes) {
    nodes_ += nodes;
    if (nodes_ > kNodeLimit) cursor_.malformed("more than 100000 values (an alias bomb?)");
  }

  bool at_dash() const { return cursor_.peek() == '-' && cursor_.blank_at(1); }

  // What stands after "key:", "- " or at the top, for a parent at column `parent`.
  Value value(int parent, After after) {
    Value out;
    cursor_.skip_blanks();
    std::string anchor = take_anchor();
    if (cursor_.at_line_end() || cursor_.peek() == '#') {
      if (after != After::nothing || cursor_.column() != 0) {
        cursor_.finish_line();
        out.above = cursor_.take_comments();
      }
      cursor_.skip_to_content();
      if (cursor_.at_document_end()) return out;
      const bool list_at_key = after == After::key && cursor_.column() == parent && at_dash();
      if (cursor_.column() <= parent && !list_at_key) return out;
      if (anchor.empty()) anchor = take_anchor();
      out.node = block(parent);
    } else if (after == After::key) {
      out.node = leaf(parent);
    } else {
      out.node = block(parent);
    }
    // Those of a collection have been taken by it.
    if (out.node.is_scalar() || flow_done_) {
      for (SopsNode& comment : cursor_.take_comments()) out.above.push_back(std::move(comment));
    }
    flow_done_ = false;
    if (!anchor.empty()) anchors_[anchor] = out.node.clone();
    return out;
  }

  std::string take_anchor() {
    if (cursor_.peek() != '&' || cursor_.at_end()) return {};
    cursor_.advance();
    std::string name = take_word();
    cursor_.skip_blanks();
    if (cursor_.at_line_end()) return name;
    if (is_key()) cursor_.unsupported("an anchor at a key");
    return name;
  }

  std::string take_word() {
    std::string out;
    while (!cursor_.blank_at(0) && std::string_view(",[]{}").find(cursor_.peek()) == std::string_view::npos) {
      out += cursor_.peek();
      cursor_.advance();
    }
    if (out.empty()) cursor_.malformed("an anchor or alias without a name");
    return out;
  }

  SopsNode block(int parent) {
    if (++depth_ > kDepthLimit) cursor_.malformed("more than 64 levels");
    SopsNode out = at_dash() ? sequence(parent) : is_key() ? mapping() : leaf(parent);
    --depth_;
    return out;
  }

  // A value that is no block collection.
  SopsNode leaf(int parent) {
    count(1);
    const char c = cursor_.peek();
    if (c == '|' || c == '>') return SopsNode::scalar(read_block(cursor_, parent));
    SopsNode out;
    if (c == '[' || c == '{') {
      out = flow();
      flow_done_ = true;
    } else {
      out = scalar(parent, PlainContext::block);
    }
    cursor_.finish_line();
    return out;
  }

  SopsNode scalar(int parent, PlainContext context) {
    const char c = cursor_.peek();
    if (c == '\'') return SopsNode::scalar(read_single_quoted(cursor_, parent));
    if (c == '"') return SopsNode::scalar(read_double_quoted(cursor_, parent));
    if (c == '!') cursor_.unsupported("tags");
    if (c == '*') return alias();
    const bool reserved = std::string_view("@`%,]}&|>").find(c) != std::string_view::npos;
    if (reserved || (std::string_view("?:-").find(c) != std::string_view::npos && cursor_.blank_at(1))) {
      cursor_.malformed("a value begins with a character that needs quotes");
    }
    const SecureBuffer text = read_plain(cursor_, parent, context);
    auto out = resolve_plain(text.bytes());
    if (!out) cursor_.unsupported("a number beyond 64 bits, infinity or NaN");
    return std::move(*out);
  }

  SopsNode alias() {
    cursor_.advance();
    const auto found = anchors_.find(take_word());
    if (found == anchors_.end()) cursor_.malformed("an alias without its anchor");
    count(size_of(found->second));
    copied_ += bytes_of(found->second);
    if (copied_ > kCopiedLimit) cursor_.malformed("more than 16 MiB through aliases (an alias bomb?)");
    return found->second.clone();
  }

  static std::size_t size_of(const SopsNode& node) {
    std::size_t out = 1;
    for (const SopsNode::Item& item : node.items) out += size_of(item.node);
    return out;
  }

  static std::size_t bytes_of(const SopsNode& node) {
    std::size_t out = node.value.size();
    for (const SopsNode::Item& item : node.items) out += item.key.size() + bytes_of(item.node);
    return out;
  }

  // The tag that sops writes before a key `<<`, which it does not merge. Gives whether it stood here.
  bool skip_merge_tag() {
    for (std::size_t i = 0; i < kMergeTag.size(); ++i) {
      if (cursor_.peek(i) != kMergeTag[i]) return false;
    }
    if (!cursor_.blank_at(kMergeTag.size())) return false;
    for (std::size_t i = 0; i < kMergeTag.size(); ++i) cursor_.advance();
    cursor_.skip_blanks();
    return true;
  }

  // Whether "key:" stands here, on one line.
  bool is_key() {
    const YamlCursor::Place start = cursor_.place();
    bool out = false;
    skip_merge_tag();
    const char c = cursor_.peek();
    if (c == '"' || c == '\'') {
      skip_quoted(c);
      cursor_.skip_blanks();
      out = cursor_.peek() == ':' && cursor_.blank_at(1);
    } else if (std::string_view("[{|>*!#").find(c) == std::string_view::npos) {
      if (c == '?' && cursor_.blank_at(1)) cursor_.unsupported("complex keys");
      for (; !cursor_.at_line_end() && !out; cursor_.advance()) {
        if (cursor_.peek() == '#' && was_blank_) break;
        was_blank_ = cursor_.blank_at(0);
        out = cursor_.peek() == ':' && cursor_.blank_at(1);
      }
      was_blank_ = false;
    }
    cursor_.go_to(start);
    return out;
  }

  void skip_quoted(char quote) {
    cursor_.advance();
    while (!cursor_.at_line_end() && cursor_.peek() != quote) {
      if (quote == '"' && cursor_.peek() == '\\') cursor_.advance();
      if (!cursor_.at_line_end()) cursor_.advance();
    }
    if (cursor_.at_line_end()) return;
    cursor_.advance();
    if (quote == '\'' && cursor_.peek() == '\'') skip_quoted(quote);
  }

  // A key and its colon. Keys are in clear in every sops file.
  std::string key(PlainContext context) {
    const bool merge = skip_merge_tag();
    if (cursor_.peek() == '?' && cursor_.blank_at(1)) cursor_.unsupported("complex keys");
    const bool quoted = cursor_.peek() == '"' || cursor_.peek() == '\'';
    SecureBuffer text = cursor_.peek() == '"'    ? read_double_quoted(cursor_, -1)
                        : cursor_.peek() == '\'' ? read_single_quoted(cursor_, -1)
                                                 : read_plain(cursor_, 1 << 20, context);
    const bool flow = context == PlainContext::flow;
    if (flow) cursor_.skip_to_content();
    cursor_.skip_blanks();
    const bool lone = flow && (cursor_.peek() == ',' || cursor_.peek() == '}');
    if (cursor_.peek() == ':') {
      cursor_.advance();
    } else if (!lone) {
      cursor_.malformed("a ':' is missing after a key");
    }
    if (!quoted) {
      const auto resolved = resolve_plain(text.bytes());
      if (!resolved || !resolved->is_scalar() || resolved->type != ScalarType::text)
        cursor_.malformed("a key that is not text; sops takes only text");
    }
    std::string name(public_text(text));
    if (merge && name != kMergeKey) cursor_.unsupported("a merge tag before another key than '<<'");
    return name;
  }

  void add(SopsNode& out, std::set<std::string>& keys, std::string name, SopsNode node) {
    // The name is not told: it may be a misread line of a plaintext.
    if (!keys.insert(name).second) cursor_.malformed("a key stands twice in its mapping");
    out.items.push_back({std::move(name), std::move(node)});
  }

  SopsNode mapping() {
    count(1);
    SopsNode out = SopsNode::map();
    std::set<std::string> keys;
    const int column = cursor_.column();
    for (;;) {
      append(out, cursor_.take_comments());
      if (!is_key()) cursor_.malformed("a line of a mapping is no 'key: value'");
      std::string name = key(PlainContext::block);
      Value next = value(column, After::key);
      append(out, std::move(next.above));
      add(out, keys, std::move(name), std::move(next.node));
      cursor_.skip_to_content();
      if (cursor_.at_document_end() || cursor_.column() < column) break;
      if (cursor_.column() > column) cursor_.malformed("a line is indented in a way that fits nothing");
    }
    append(out, cursor_.take_comments(column));
    return out;
  }

  SopsNode sequence(int parent) {
    count(1);
    SopsNode out = SopsNode::list();
    const int column = cursor_.column();
    for (;;) {
      append(out, cursor_.take_comments());
      cursor_.advance();
      Value next = value(column, After::dash);
      append(out, std::move(next.above));
      out.items.push_back({{}, std::move(next.node)});
      cursor_.skip_to_content();
      if (cursor_.at_document_end() || cursor_.column() < column) break;
      if (cursor_.column() > column) cursor_.malformed("a line is indented in a way that fits nothing");
      if (at_dash()) continue;
      if (column > parent) cursor_.malformed("a line of a list does not begin with '- '");
      return out;  // the list stands at the column of its key: what follows is that mapping's
    }
    append(out, cursor_.take_comments(column > parent ? column : column + 1));
    return out;
  }

  SopsNode flow() {
    if (++depth_ > kDepthLimit) cursor_.malformed("more than 64 levels");
    count(1);
    const bool is_map = cursor_.peek() == '{';
    const char close = is_map ? '}' : ']';
    SopsNode out = is_map ? SopsNode::map() : SopsNode::list();
    std::set<std::string> keys;
    cursor_.advance();
    for (cursor_.skip_to_content(); cursor_.peek() != close; cursor_.skip_to_content()) {
      if (cursor_.at_document_end()) cursor_.malformed("a '[' or '{' is not closed");
      if (is_map) {
        std::string name = key(PlainContext::flow);
        add(out, keys, std::move(name), flow_value());
      } else {
        out.items.push_back({{}, flow_value()});
      }
      cursor_.skip_to_content();
      if (cursor_.peek() == ',') {
        cursor_.advance();
      } else if (cursor_.peek() != close) {
        cursor_.malformed("a ',' is missing");
      }
    }
    cursor_.advance();
    --depth_;
    return out;
  }

  SopsNode flow_value() {
    cursor_.skip_to_content();
    count(1);
    const char c = cursor_.peek();
    if (c == '[' || c == '{') return flow();
    if (c == ',' || c == '}' || c == ']') return {};
    if (c == '&') cursor_.unsupported("anchors inside of [] or {}");
    return scalar(-1, PlainContext::flow);
  }

  YamlCursor cursor_;
  std::map<std::string, SopsNode> anchors_;
  std::size_t nodes_ = 0;
  std::size_t copied_ = 0;
  int depth_ = 0;
  bool flow_done_ = false;  // the value just read was a flow collection
  bool was_blank_ = false;
};

}  // namespace

std::vector<SopsNode> read_yaml(Bytes text, std::string_view verb) {
  return Reader(text, verb).run();
}

}  // namespace hwcsync::secrets
