#include "secrets/manifest/template.hpp"

#include "src/base/text.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace hwcsync::secrets {
namespace {

constexpr std::string_view kOpen = "${secret:";
constexpr std::size_t kSizeLimit = 1U << 20U;
constexpr std::size_t kPlaceholderLimit = 256;

bool is_secret_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

class Parser {
 public:
  Parser(std::string_view text, const std::string& path) : text_(text), path_(path) {}

  ParsedTemplate run() {
    while (position_ < text_.size()) {
      if (text_.substr(position_).starts_with("$${secret:")) {
        advance(1);
        literal_ += kOpen;
        advance(kOpen.size());
      } else if (text_.substr(position_).starts_with(kOpen)) {
        placeholder();
      } else {
        literal_ += text_[position_];
        advance(1);
      }
    }
    flush();
    return std::move(out_);
  }

 private:
  void advance(std::size_t count) {
    for (; count > 0; --count, ++position_) {
      const bool line_end = text_[position_] == '\n';
      line_ += line_end ? 1 : 0;
      column_ = line_end ? 1 : column_ + 1;
    }
  }
  void flush() {
    if (literal_.empty()) return;
    TemplatePart part;
    part.text = std::exchange(literal_, {});
    out_.parts.push_back(std::move(part));
  }
  void problem(std::string message) {
    out_.problems.push_back({{path_, line_, column_}, std::move(message)});
  }

  void placeholder() {
    const std::string_view rest = text_.substr(position_, kPlaceholderLimit);
    const auto end = rest.find_first_of("}\n");
    if (end == std::string_view::npos || rest[end] != '}') {
      problem("'${secret:' is not closed by '}'; write $${secret: if the text itself is meant");
      return advance(kOpen.size());
    }
    flush();
    TemplatePart part;
    part.line = line_;
    part.column = column_;
    const auto words = split(rest.substr(kOpen.size(), end - kOpen.size()), '|');
    part.secret = words.front();
    if (!is_secret_name(part.secret)) {
      problem("'" + printable(part.secret) +
              "' is no name of a secret; a placeholder is written ${secret:NAME}, ${secret:NAME|env} or "
              "${secret:NAME|json}");
    }
    for (std::size_t i = 1; i < words.size(); ++i) add_filter(part, words[i]);
    out_.parts.push_back(std::move(part));
    advance(end + 1);
  }

  // `trim` comes before what quotes, and nothing is quoted twice.
  void add_filter(TemplatePart& part, const std::string& word) {
    const auto filter = parse_template_filter(word);
    if (!filter) {
      static const std::vector<std::string> kKnown{"env", "json", "trim"};
      return problem("unknown filter '" + printable(word) + "'" + suggestion(word, kKnown) +
                     "; there are env, json and trim");
    }
    const bool allowed = part.filters.empty() ||
                         (part.filters.back() == TemplateFilter::trim && *filter != part.filters.back());
    if (!allowed) return problem("the filter '" + word + "' cannot stand after another one but 'trim'");
    part.filters.push_back(*filter);
  }

  std::string_view text_;
  const std::string& path_;
  std::size_t position_ = 0;
  int line_ = 1;
  int column_ = 1;
  std::string literal_;
  ParsedTemplate out_;
};

}  // namespace

ParsedTemplate parse_template(std::string_view text, const std::string& path) {
  // The text travels in the manifest, which is JSON.
  const char* fault = text.size() > kSizeLimit ? "the template is longer than 1 MiB"
                      : !is_valid_utf8(text)   ? "the template is not UTF-8 text"
                                               : nullptr;
  if (fault != nullptr) return {{}, {{{path, 0, 0}, fault}}};
  return Parser(text, path).run();
}

}  // namespace hwcsync::secrets
