#include "secrets/sops/yaml_cursor.hpp"

#include "secrets/arena/secret_error.hpp"

#include <utility>

namespace hwcsync::secrets {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

}  // namespace

YamlCursor::YamlCursor(Bytes text, std::string_view verb) : text_(text), verb_(verb) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  if (text_.size() >= kMark.size() && public_text(SecureBuffer(text_.first(3))) == kMark)
    place_.at = place_.line_start = 3;
}

bool YamlCursor::blank_at(std::size_t ahead) const noexcept {
  return is_blank(peek(ahead)) || peek(ahead) == '\n';
}

bool YamlCursor::at_marker(std::string_view marker) const noexcept {
  if (column() != 0 || at_end()) return false;
  for (std::size_t i = 0; i < marker.size(); ++i) {
    if (peek(i) != marker[i]) return false;
  }
  return blank_at(marker.size());
}

bool YamlCursor::at_document_end() const noexcept {
  return at_end() || at_marker("---") || at_marker("...");
}

void YamlCursor::advance() {
  if (at_end()) return;
  if (text_[place_.at++] == '\n') {
    ++place_.line;
    place_.line_start = place_.at;
  }
}

void YamlCursor::skip_blanks() {
  while (!at_end() && is_blank(peek())) ++place_.at;
}

void YamlCursor::skip_to_content() {
  for (;;) {
    const bool line_begin = column() == 0;
    while (!at_end() && (peek() == ' ' || (!line_begin && is_blank(peek())))) ++place_.at;
    if (at_end()) return;
    if (peek() == '\r' && peek(1) == '\n') ++place_.at;
    if (peek() == '\n') {
      advance();
    } else if (peek() == '#') {
      take_comment();
    } else if (peek() == '\t') {
      const std::size_t start = place_.at;
      skip_blanks();
      if (!at_line_end() && peek() != '#') {
        place_.at = start;
        malformed("a tab as indentation");
      }
    } else {
      return;
    }
  }
}

void YamlCursor::finish_line() {
  const std::size_t start = place_.at;
  skip_blanks();
  if (at_line_end()) return;
  const bool apart =
      place_.at > start || (start > 0 && (text_[start - 1] == ' ' || text_[start - 1] == '\t'));
  if (peek() != '#' || !apart) malformed("something follows a value on its line");
  take_comment();
}

void YamlCursor::take_comment() {
  const int where = column();
  const std::size_t start = place_.at + 1;
  while (!at_line_end()) ++place_.at;
  std::size_t end = place_.at;
  if (end > start && text_[end - 1] == '\r') --end;
  comments_.push_back({where, SecureBuffer(text_.subspan(start, end - start))});
}

std::vector<SopsNode> YamlCursor::take_comments(int column) {
  std::vector<SopsNode> out;
  std::size_t count = 0;
  while (count < comments_.size() && comments_[count].column >= column) {
    // An empty comment line is nothing to sops.
    if (!comments_[count].text.empty()) out.push_back(SopsNode::comment(std::move(comments_[count].text)));
    ++count;
  }
  comments_.erase(comments_.begin(), comments_.begin() + static_cast<std::ptrdiff_t>(count));
  return out;
}

void YamlCursor::malformed(std::string_view why) const {
  throw SecretError(SecretFailure::malformed, ErrorText{std::string(verb_), "a YAML file", {}, {}},
                    "line " + std::to_string(place_.line) + ": " + std::string(why));
}

void YamlCursor::unsupported(std::string_view what) const {
  throw SecretError(SecretFailure::unsupported, ErrorText{std::string(verb_), "a YAML file", {}, {}},
                    "read " + std::string(what) + " (line " + std::to_string(place_.line) + ")");
}

}  // namespace hwcsync::secrets
