#pragma once

#include "secrets/sops/node.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::secrets {

// Where a YAML reader stands in the text: lines, columns, white space and comments. One thread.
class YamlCursor {
 public:
  YamlCursor(Bytes text, std::string_view verb);

  [[nodiscard]] bool at_end() const noexcept { return place_.at >= text_.size(); }
  [[nodiscard]] char peek(std::size_t ahead = 0) const noexcept {
    return place_.at + ahead < text_.size() ? static_cast<char>(text_[place_.at + ahead]) : '\n';
  }
  [[nodiscard]] bool at_line_end() const noexcept { return at_end() || peek() == '\n'; }
  // Whether a blank or the end of the line comes `ahead` characters on.
  [[nodiscard]] bool blank_at(std::size_t ahead) const noexcept;
  // In bytes from the beginning of the line, from 0.
  [[nodiscard]] int column() const noexcept { return static_cast<int>(place_.at - place_.line_start); }
  // "---", "..." in the first column, or the end of the text.
  [[nodiscard]] bool at_document_end() const noexcept;
  [[nodiscard]] bool at_marker(std::string_view marker) const noexcept;

  void advance();
  void skip_blanks();
  // To the next thing that is neither blank nor comment, over line ends; comments on the way become pending.
  void skip_to_content();
  // The comment that ends this line, if there is one: pending, and the cursor is at the end of the line.
  void finish_line();

  struct Comment {
    int column = 0;
    SecureBuffer text;
  };
  // Pending comments in their order: all of them, or those at the front that stand at `column` or to the
  // right.
  [[nodiscard]] std::vector<SopsNode> take_comments(int column = 0);
  [[nodiscard]] std::size_t pending() const noexcept { return comments_.size(); }

  // A place in the text to come back to, without the comments.
  struct Place {
    std::size_t at = 0;
    std::size_t line_start = 0;
    int line = 1;
  };
  [[nodiscard]] Place place() const noexcept { return place_; }
  void go_to(Place place) noexcept { place_ = place; }

  [[noreturn]] void malformed(std::string_view why) const;
  [[noreturn]] void unsupported(std::string_view what) const;

 private:
  void take_comment();

  Bytes text_;
  std::string_view verb_;
  Place place_;
  std::vector<Comment> comments_;
};

// The text of one scalar, with the cursor at its first character; afterwards it is behind the last one.
[[nodiscard]] SecureBuffer read_single_quoted(YamlCursor& cursor, int indent);
[[nodiscard]] SecureBuffer read_double_quoted(YamlCursor& cursor, int indent);
// A literal or folded block whose parent stands at `indent`.
[[nodiscard]] SecureBuffer read_block(YamlCursor& cursor, int indent);
// A plain scalar; continued on lines that are indented more than `indent`.
enum class PlainContext { block, flow };
[[nodiscard]] SecureBuffer read_plain(YamlCursor& cursor, int indent, PlainContext context);

}  // namespace hwcsync::secrets
