#include "gitops/compose/words.hpp"

namespace hwcsync::compose {
namespace {

class Splitter {
 public:
  std::optional<std::vector<Template>> run(const Template& line) {
    for (const auto& part : line.parts) {
      if (const auto* text = std::get_if<TextPart>(&part)) {
        for (const char c : text->text) take(c);
      } else {
        flush();
        word_.parts.push_back(part);
        open_ = true;
      }
    }
    if (quote_ != '\0' || escaped_) return std::nullopt;
    end_word();
    return std::move(words_);
  }

 private:
  void take(char c) {
    if (escaped_) {
      if (quote_ == '"' && c != '"' && c != '\\' && c != '$' && c != '`' && c != '\n') text_ += '\\';
      if (c != '\n') text_ += c;  // a backslash at the end of a line joins it to the next
      escaped_ = false;
    } else if (quote_ != '\'' && c == '\\') {
      escaped_ = open_ = true;
    } else if (quote_ == '\0' && (c == '"' || c == '\'')) {
      quote_ = c;
      open_ = true;
    } else if (quote_ != '\0' && c == quote_) {
      quote_ = '\0';
    } else if (quote_ == '\0' && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) {
      end_word();
    } else {
      text_ += c;
      open_ = true;
    }
  }

  void flush() {
    if (!text_.empty()) word_.parts.emplace_back(TextPart{std::move(text_)});
    text_.clear();
  }

  void end_word() {
    flush();
    if (open_) words_.push_back(std::move(word_));
    word_ = {};
    open_ = false;
  }

  std::vector<Template> words_;
  Template word_;
  std::string text_;
  char quote_ = '\0';
  bool escaped_ = false;
  bool open_ = false;  // a word has begun, though it may be empty ('')
};

}  // namespace

std::optional<std::vector<Template>> split_words(const Template& line) {
  return Splitter().run(line);
}

}  // namespace hwcsync::compose
