#include "secrets/sops/scalar.hpp"
#include "secrets/sops/yaml_cursor.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

// The scalar styles of YAML 1.2, chapters 7.3 and 8.1.
namespace hwcsync::secrets {
namespace {

void trim_blanks(SecureBuffer& out, std::size_t keep) {
  std::size_t size = out.size();
  while (size > keep && (out.data()[size - 1] == ' ' || out.data()[size - 1] == '\t')) --size;
  out.truncate(size);
}

// A line break inside a flow scalar: one becomes a blank, each further one a newline. The cursor is at the
// break and comes to the first character of the next line that has one.
void fold(YamlCursor& cursor, SecureBuffer& out, int indent) {
  std::size_t breaks = 0;
  while (!cursor.at_end() && (cursor.peek() == '\n' || cursor.blank_at(0))) {
    if (cursor.peek() == '\n') ++breaks;
    cursor.advance();
  }
  if (cursor.at_document_end()) cursor.malformed("a text in quotes does not end");
  if (cursor.column() <= indent) cursor.malformed("a continued line is not indented");
  if (breaks == 1) out.append(' ');
  for (std::size_t i = 1; i < breaks; ++i) out.append('\n');
}

void read_hex(YamlCursor& cursor, SecureBuffer& out, int digits) {
  std::uint32_t value = 0;
  for (int i = 0; i < digits; ++i) {
    const char c = cursor.peek();
    const char lower = static_cast<char>(c | 0x20);
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (lower < 'a' || lower > 'f')) cursor.malformed("a wrong escape in a text");
    value = value << 4U | static_cast<std::uint32_t>(digit ? c - '0' : lower - 'a' + 10);
    cursor.advance();
  }
  if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) cursor.malformed("a wrong escape in a text");
  append_utf8(out, value);
}

// After a backslash.
void read_escape(YamlCursor& cursor, SecureBuffer& out, int indent) {
  const char c = cursor.peek();
  if (c == '\n') {
    cursor.advance();
    while (!cursor.at_end() && cursor.blank_at(0) && cursor.peek() != '\n') cursor.advance();
    if (cursor.column() <= indent && cursor.peek() != '\n')
      cursor.malformed("a continued line is not indented");
    return;
  }
  cursor.advance();
  constexpr std::string_view kLetters = "0abtnvfre \"/\\\t";
  constexpr std::string_view kMeanings("\0\a\b\t\n\v\f\r\x1b \"/\\\t", 14);
  if (const auto at = kLetters.find(c); at != std::string_view::npos) {
    out.append(static_cast<std::uint8_t>(kMeanings[at]));
  } else if (c == 'N' || c == '_' || c == 'L' || c == 'P') {
    append_utf8(out, c == 'N' ? 0x85 : c == '_' ? 0xa0 : c == 'L' ? 0x2028 : 0x2029);
  } else if (c == 'x' || c == 'u' || c == 'U') {
    read_hex(cursor, out, c == 'x' ? 2 : c == 'u' ? 4 : 8);
  } else {
    cursor.malformed("a wrong escape in a text");
  }
}

struct BlockHeader {
  bool folded = false;
  char chomp = ' ';
  int indent = 0;  // 0: as the first line has it
};

BlockHeader read_block_header(YamlCursor& cursor) {
  BlockHeader out;
  out.folded = cursor.peek() == '>';
  cursor.advance();
  while (!cursor.blank_at(0)) {
    const char c = cursor.peek();
    if ((c == '+' || c == '-') && out.chomp == ' ') {
      out.chomp = c;
    } else if (c >= '1' && c <= '9' && out.indent == 0) {
      out.indent = c - '0';
    } else {
      cursor.malformed("a wrong header of a block of text");
    }
    cursor.advance();
  }
  cursor.finish_line();
  cursor.advance();
  return out;
}

// The columns of blanks at the front of this line, which the cursor passes, at most `limit`.
int skip_indent(YamlCursor& cursor, int limit) {
  int out = 0;
  while (out < limit && cursor.peek() == ' ' && !cursor.at_end()) {
    cursor.advance();
    ++out;
  }
  return out;
}

}  // namespace

SecureBuffer read_single_quoted(YamlCursor& cursor, int indent) {
  SecureBuffer out;
  cursor.advance();
  for (;;) {
    if (cursor.at_end()) cursor.malformed("a text in quotes does not end");
    if (cursor.peek() == '\n') {
      trim_blanks(out, 0);
      fold(cursor, out, indent);
      continue;
    }
    const char c = cursor.peek();
    cursor.advance();
    if (c == '\'') {
      if (cursor.peek() != '\'' || cursor.at_end()) return out;
      cursor.advance();
    }
    if (c != '\r' || cursor.peek() != '\n') out.append(static_cast<std::uint8_t>(c));
  }
}

SecureBuffer read_double_quoted(YamlCursor& cursor, int indent) {
  SecureBuffer out;
  std::size_t escaped = 0;  // blanks before this were written as escapes and stay
  cursor.advance();
  for (;;) {
    if (cursor.at_end()) cursor.malformed("a text in quotes does not end");
    const char c = cursor.peek();
    if (c == '\n') {
      trim_blanks(out, escaped);
      fold(cursor, out, indent);
      continue;
    }
    cursor.advance();
    if (c == '"') return out;
    if (c == '\\') {
      read_escape(cursor, out, indent);
      escaped = out.size();
    } else if (c != '\r' || cursor.peek() != '\n') {
      out.append(static_cast<std::uint8_t>(c));
    }
  }
}

SecureBuffer read_block(YamlCursor& cursor, int parent) {
  const BlockHeader header = read_block_header(cursor);
  int indent = header.indent == 0 ? 0 : std::max(parent, 0) + header.indent;
  SecureBuffer out;
  std::size_t breaks = 0;     // line ends that wait for the next line
  bool more_indented = true;  // of the line before; also before the first line, where nothing folds
  bool first = true;
  for (;;) {
    if (cursor.at_end() || (cursor.column() == 0 && cursor.at_document_end())) break;
    const YamlCursor::Place line = cursor.place();
    const int found = skip_indent(cursor, indent == 0 ? 1 << 20 : indent);
    if (cursor.at_line_end() || (cursor.peek() == '\r' && cursor.peek(1) == '\n')) {
      while (!cursor.at_line_end()) cursor.advance();
      if (cursor.at_end()) break;
      cursor.advance();
      ++breaks;
      continue;
    }
    if (indent == 0) {
      if (found <= parent) {
        cursor.go_to(line);
        break;
      }
      indent = found;
    }
    if (found < indent) {
      cursor.go_to(line);
      break;
    }
    const bool starts_blank = cursor.peek() == ' ' || cursor.peek() == '\t';
    const bool joins = header.folded && !more_indented && !starts_blank && !first;
    if (joins && breaks == 1) {
      out.append(' ');
    } else {
      for (std::size_t i = joins ? 1 : 0; i < breaks; ++i) out.append('\n');
    }
    while (!cursor.at_line_end()) {
      const char c = cursor.peek();
      cursor.advance();
      if (c != '\r' || cursor.peek() != '\n') out.append(static_cast<std::uint8_t>(c));
    }
    breaks = cursor.at_end() ? 0 : 1;
    cursor.advance();
    more_indented = starts_blank;
    first = false;
  }
  const bool has_text = !first;
  if (header.chomp == '+') {
    for (std::size_t i = 0; i < breaks; ++i) out.append('\n');
  } else if (header.chomp == ' ' && has_text && breaks > 0) {
    out.append('\n');
  }
  return out;
}

SecureBuffer read_plain(YamlCursor& cursor, int indent, PlainContext context) {
  const bool flow = context == PlainContext::flow;
  constexpr std::string_view kFlow = ",[]{}";
  SecureBuffer out;
  for (;;) {
    while (!cursor.at_line_end()) {
      const char c = cursor.peek();
      const bool in_flow_end = flow && kFlow.find(c) != std::string_view::npos;
      const bool ends_key =
          c == ':' && (cursor.blank_at(1) || (flow && kFlow.find(cursor.peek(1)) != std::string_view::npos));
      const bool comment = c == '#' && !out.empty() &&
                           (out.data()[out.size() - 1] == ' ' || out.data()[out.size() - 1] == '\t');
      if (in_flow_end || ends_key || comment) {
        trim_blanks(out, 0);
        return out;
      }
      out.append(static_cast<std::uint8_t>(c));
      cursor.advance();
    }
    if (!out.empty() && out.data()[out.size() - 1] == '\r') out.truncate(out.size() - 1);
    trim_blanks(out, 0);
    // The scalar goes on when the next line that has something is indented more and is no comment.
    const YamlCursor::Place end = cursor.place();
    std::size_t breaks = 0;
    while (!cursor.at_end() && (cursor.peek() == '\n' || cursor.blank_at(0))) {
      if (cursor.peek() == '\n') ++breaks;
      cursor.advance();
    }
    const bool ends = cursor.at_document_end() || (!flow && cursor.column() <= indent) ||
                      cursor.peek() == '#' || (flow && kFlow.find(cursor.peek()) != std::string_view::npos);
    if (ends || breaks == 0) {
      cursor.go_to(end);
      return out;
    }
    if (breaks == 1) out.append(' ');
    for (std::size_t i = 1; i < breaks; ++i) out.append('\n');
  }
}

}  // namespace hwcsync::secrets
