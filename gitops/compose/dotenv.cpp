#include "gitops/compose/dotenv.hpp"

#include "src/base/utf8.hpp"

#include <algorithm>

namespace hwcsync::compose {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r';
}
bool is_letter_or_digit(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || byte >= 0x80;
}
bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

std::string_view trim_right(std::string_view text) {
  while (!text.empty() && (is_blank(text.back()) || text.back() == '\n')) text.remove_suffix(1);
  return text;
}

void append_utf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else {
    out += static_cast<char>(0xC0U | code >> 6U);
    out += static_cast<char>(0x80U | (code & 0x3FU));
  }
}

// The escapes of a double-quoted value. `\$` becomes `$$`, which interpolation then takes for one dollar
// sign.
std::string expand_escapes(std::string_view text) {
  static constexpr std::string_view kLetters = "abfnrtv\\\"";
  static constexpr std::string_view kValues = "\a\b\f\n\r\t\v\\\"";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char next = text[i + 1];
    const auto known = kLetters.find(next);
    if (next == '$') {
      out += "$$";
      ++i;
    } else if (known != std::string_view::npos) {
      out += kValues[known];
      ++i;
    } else if (next == '0' && i + 4 < text.size() && is_octal(text[i + 2]) && text[i + 2] < '4' &&
               is_octal(text[i + 3]) && is_octal(text[i + 4])) {
      append_utf8(out, static_cast<unsigned>((text[i + 2] - '0') * 64 + (text[i + 3] - '0') * 8 +
                                             (text[i + 4] - '0')));
      i += 4;
    } else {
      out += text[i];
    }
  }
  return out;
}

class Parser {
 public:
  Parser(std::string_view text, const std::string& file, const Variables& variables)
      : text_(text), file_(file), lookup_(variables), outer_(variables) {}

  Dotenv run() {
    if (text_.substr(0, 3) == "\xEF\xBB\xBF") text_.remove_prefix(3);
    while (!out_.error && skip_to_statement()) statement();
    return std::move(out_);
  }

 private:
  void fail(int line, std::string message) { out_.error = Problem{{file_, line, 0}, std::move(message)}; }

  void advance(std::size_t count) {
    line_ +=
        static_cast<int>(std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(count), '\n'));
    text_.remove_prefix(count);
  }

  void skip_blanks() {
    while (!text_.empty() && is_blank(text_.front())) advance(1);
  }

  bool skip_to_statement() {
    for (;;) {
      while (!text_.empty() && (is_blank(text_.front()) || text_.front() == '\n')) advance(1);
      if (text_.empty()) return false;
      if (text_.front() != '#') return true;
      advance(std::min(text_.find('\n'), text_.size()));
    }
  }

  void statement() {
    const int line = line_;
    if (text_.substr(0, 6) == "export" && text_.size() > 6 && is_blank(text_[6])) {
      advance(6);
      skip_blanks();
    }
    std::size_t end = 0;
    while (end < text_.size() && text_[end] != '=' && text_[end] != ':' && text_[end] != '\n') {
      const char c = text_[end];
      if (!is_blank(c) && !is_letter_or_digit(c) &&
          std::string_view("_.-[]").find(c) == std::string_view::npos) {
        fail(line, "a name may not hold '" + std::string(1, c) + "'");
        return;
      }
      ++end;
    }
    const std::string name(trim_right(text_.substr(0, end)));
    const bool bare = end == text_.size() || text_[end] == '\n';
    if (std::any_of(name.begin(), name.end(), is_blank)) {
      fail(line, "a name may not hold a space: '" + name + "'");
      return;
    }
    advance(end);
    std::optional<Template> value;
    if (!bare) {
      advance(1);
      skip_blanks();
      value = read_value(line);
    }
    if (out_.error || (!name.empty() && name.front() >= '0' && name.front() <= '9')) return;
    remember(name, value);
    out_.entries.push_back({name, std::move(value), line});
  }

  std::optional<Template> read_value(int line) {
    const char quote = text_.empty() ? '\0' : text_.front();
    if (quote == '"' || quote == '\'') return read_quoted(line, quote);
    std::string_view value = text_.substr(0, std::min(text_.find('\n'), text_.size()));
    advance(value.size());
    value = trim_right(value.substr(0, value.find(" #")));
    return expand(line, value);
  }

  std::optional<Template> read_quoted(int line, char quote) {
    std::string raw;
    bool escaped = false;
    for (std::size_t i = 1; i < text_.size(); ++i) {
      const char c = text_[i];
      if (!escaped && c == '\\') {
        escaped = true;
      } else if (!escaped && c == quote) {
        advance(i + 1);
        return quote == '"' ? expand(line, expand_escapes(raw)) : Template::literal(std::move(raw));
      } else {
        if (escaped && c != quote) raw += '\\';
        raw += c;
        escaped = false;
      }
    }
    fail(line, "the quoted value that begins here has no end");
    return std::nullopt;
  }

  std::optional<Template> expand(int line, std::string_view value) {
    Interpolated done = interpolate(value, lookup_);
    if (done.error) {
      fail(line, *done.error);
      return std::nullopt;
    }
    out_.unset.insert(out_.unset.end(), done.unset.begin(), done.unset.end());
    out_.secrets.insert(done.secrets.begin(), done.secrets.end());
    return std::move(done.value);
  }

  // Later lines may use this name, unless a variable from outside has it already. Where the names of a secret
  // file cannot be seen, a name that this file defines is this file's.
  void remember(const std::string& name, const std::optional<Template>& value) {
    if (!value || value->tainted() || outer_.values.count(name) > 0 || outer_.secrets.count(name) > 0) return;
    lookup_.values[name] = value->plain();
  }

  std::string_view text_;
  const std::string& file_;
  Variables lookup_;
  const Variables& outer_;
  int line_ = 1;
  Dotenv out_;
};

}  // namespace

Dotenv parse_dotenv(std::string_view text, const std::string& file, const Variables& variables) {
  Dotenv wrong;
  wrong.error = utf8_problem(text, file);
  if (wrong.error) return wrong;
  return Parser(text, file, variables).run();
}

Dotenv parse_raw_env(std::string_view text, const std::string& file) {
  Dotenv out;
  out.error = utf8_problem(text, file);
  if (out.error) return out;
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  for (int number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
    if (line.empty() || line.front() == '#') continue;
    const auto equals = line.find('=');
    std::string name(line.substr(0, equals));
    if (name.empty() || std::any_of(name.begin(), name.end(), is_blank)) {
      out.error = Problem{{file, number, 0}, "'" + name + "' is no name for a variable"};
      return out;
    }
    std::optional<Template> value;
    if (equals != std::string_view::npos) value = Template::literal(std::string(line.substr(equals + 1)));
    out.entries.push_back({std::move(name), std::move(value), number});
  }
  return out;
}

}  // namespace hwcsync::compose
