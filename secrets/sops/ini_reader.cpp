#include "secrets/sops/ini_reader.hpp"

#include "secrets/arena/secret_error.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace hwcsync::secrets {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";

std::string_view trim_left(std::string_view text) {
  const auto start = text.find_first_not_of(kBlanks);
  return start == std::string_view::npos ? std::string_view() : text.substr(start);
}

std::string_view trim_both(std::string_view text) {
  text = trim_left(text);
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

// Between two quotes of that kind and no third.
bool is_quoted(std::string_view text, char quote) {
  return text.size() >= 2 && text.front() == quote && text.find(quote, 1) == text.size() - 1;
}

class Reader {
 public:
  Reader(Bytes text, std::string_view verb)
      : rest_(reinterpret_cast<const char*>(text.data()), text.size()), verb_(verb) {
    if (!is_valid_utf8(rest_)) fail("the file is not UTF-8");
    if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);
  }

  SopsNode run() {
    open_section("DEFAULT");
    while (!rest_.empty()) {
      const std::string_view line = trim_left(take_line());
      if (line.empty()) continue;
      if (line.front() == '#' || line.front() == ';') {
        note(line);
      } else if (line.front() == '[') {
        const auto end = line.rfind(']');
        if (end == std::string_view::npos) fail("a section's name is not closed");
        const std::string name(line.substr(1, end - 1));
        if (name.empty()) fail("a section has no name");
        const std::string_view behind = line.substr(end + 1);
        if (const auto mark = behind.find_first_of("#;"); mark != std::string_view::npos)
          note(behind.substr(mark));
        open_section(name);
      } else {
        entry(line);
      }
    }
    return std::move(out_);
  }

 private:
  [[noreturn]] void fail(std::string_view why) const {
    throw SecretError(SecretFailure::malformed, ErrorText{std::string(verb_), "an INI file", {}, {}},
                      "line " + std::to_string(line_) + ": " + std::string(why));
  }

  // With its line end.
  std::string_view take_line() {
    const auto end = rest_.find('\n');
    const std::string_view line = rest_.substr(0, end == std::string_view::npos ? end : end + 1);
    rest_.remove_prefix(line.size());
    ++line_;
    return line;
  }

  void note(std::string_view text) { comment_.append(as_bytes(text)); }

  // What has been noted, as one comment without its first mark.
  void place_comment(SopsNode& section) {
    std::string_view text = trim_both(public_text(comment_));
    if (!text.empty()) {
      const std::string_view marks = text.front() == ';' ? "; " : text.front() == '#' ? "# " : "";
      const auto start = marks.empty() ? 0 : text.find_first_not_of(marks);
      text = start == std::string_view::npos ? std::string_view() : text.substr(start);
      // Of nothing but marks sops makes no comment.
      if (!text.empty()) section.items.push_back({{}, SopsNode::comment(SecureBuffer(as_bytes(text)))});
    }
    comment_ = SecureBuffer();
  }

  void open_section(const std::string& name) {
    SopsNode section = SopsNode::map();
    place_comment(section);
    out_.items.push_back({name, std::move(section)});
    counter_ = 1;
  }

  void entry(std::string_view line) {
    std::string_view rest = line;
    std::string name = take_name(rest);
    if (name == "-") name = "#" + std::to_string(counter_++);
    SecureBuffer value = take_value(rest);
    SopsNode& section = out_.items.back().node;
    const auto same = std::ranges::find_if(
        section.items, [&](const auto& item) { return !item.node.is_comment() && item.key == name; });
    if (same != section.items.end()) {
      same->node = SopsNode::scalar(std::move(value));
      comment_ = SecureBuffer();
      return;
    }
    section.items.push_back({std::move(name), SopsNode::scalar(std::move(value))});
    place_comment(section);
  }

  std::string take_name(std::string_view& line) {
    std::string_view quote;
    if (line.front() == '"') quote = line.size() > 6 && line.starts_with("\"\"\"") ? "\"\"\"" : "\"";
    if (line.front() == '`') quote = "`";
    std::string_view name = line;
    if (!quote.empty()) {
      const auto end = line.find(quote, quote.size());
      if (end == std::string_view::npos) fail("the quotes of a key are not closed");
      name = line.substr(quote.size(), end - quote.size());
      line.remove_prefix(end + quote.size());
    }
    const auto mark = line.find_first_of("=:");
    if (mark == std::string_view::npos) fail("there is no '='");
    if (quote.empty()) name = line.substr(0, mark);
    line.remove_prefix(mark + 1);
    name = trim_both(name);
    if (name.empty()) fail("a key has no name");
    return std::string(name);
  }

  SecureBuffer take_value(std::string_view rest) {
    std::string_view line = trim_left(rest);
    if (line.empty()) return {};
    const bool triple = line.size() > 3 && line.starts_with("\"\"\"");
    if (triple || line.front() == '`') return take_raw(line, triple ? "\"\"\"" : "`");
    line = trim_both(line);
    if (line.ends_with('\\')) return take_continued(line);
    if (const auto mark = line.find_first_of("#;"); mark != std::string_view::npos) {
      note(line.substr(mark));
      line = trim_both(line.substr(0, mark));
    }
    if (is_quoted(line, '\'') || is_quoted(line, '"')) line = line.substr(1, line.size() - 2);
    return SecureBuffer(as_bytes(line));
  }

  // Between marks, over lines if need be.
  SecureBuffer take_raw(std::string_view line, std::string_view mark) {
    line.remove_prefix(mark.size());
    if (const auto end = line.rfind(mark); end != std::string_view::npos)
      return SecureBuffer(as_bytes(line.substr(0, end)));
    SecureBuffer out(as_bytes(line));
    while (!rest_.empty()) {
      const std::string_view next = take_line();
      const auto end = next.rfind(mark);
      out.append(as_bytes(next.substr(0, end)));
      if (end == std::string_view::npos) continue;
      if (const auto comment = next.find_first_of("#;", end); comment != std::string_view::npos)
        note(next.substr(comment));
      return out;
    }
    fail("a value in quotes does not end");
  }

  SecureBuffer take_continued(std::string_view line) {
    SecureBuffer out(as_bytes(line.substr(0, line.size() - 1)));
    for (;;) {
      const std::string_view next = trim_both(take_line());
      if (next.empty()) return out;
      const bool more = next.ends_with('\\');
      out.append(as_bytes(more ? next.substr(0, next.size() - 1) : next));
      if (!more) return out;
    }
  }

  std::string_view rest_;
  std::string_view verb_;
  SopsNode out_ = SopsNode::map();
  SecureBuffer comment_;
  int line_ = 0;
  int counter_ = 1;
};

}  // namespace

SopsNode read_ini(Bytes text, std::string_view verb) {
  return Reader(text, verb).run();
}

}  // namespace hwcsync::secrets
