#include "gitops/lint/plaintext_scan.hpp"

#include "src/base/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace hwcsync::lint {
namespace {

constexpr std::size_t kFileLimit = 1U << 20U;
constexpr std::size_t kShortestValue = 4;

// How a kind of token begins, how many letters follow at least, and what it is.
struct TokenKind {
  std::string_view prefix;
  std::size_t length;
  const char* what;
};
constexpr std::array<TokenKind, 10> kTokens{{{"AGE-SECRET-KEY-1", 50, "an age identity"},
                                             {"AGE-SECRET-KEY-PQ-1", 50, "an age identity"},
                                             {"ghp_", 30, "a GitHub token"},
                                             {"github_pat_", 30, "a GitHub token"},
                                             {"glpat-", 16, "a GitLab token"},
                                             {"xoxb-", 20, "a Slack token"},
                                             {"xoxp-", 20, "a Slack token"},
                                             {"AKIA", 16, "an AWS access key"},
                                             {"sk_live_", 16, "a Stripe key"},
                                             {"tskey-auth-", 16, "a Tailscale key"}}};

constexpr std::array<std::string_view, 8> kSecretWords{"PASSWORD", "PASSWD",  "PASSPHRASE", "SECRET",
                                                       "TOKEN",    "API_KEY", "APIKEY",     "SECRET_KEY"};

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
}

bool is_example(const std::string& path) {
  return path.find("example") != std::string::npos || path.find("sample") != std::string::npos;
}

bool is_environment(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return name.ends_with(".env") || name.starts_with(".env") || name.ends_with(".ini") ||
         name.ends_with(".conf") || name.ends_with(".toml");
}

bool is_prose(const std::string& path) {
  return path.ends_with(".md") || path.ends_with(".txt") || path.ends_with(".rst");
}

// The name says what the value is; of "..._FILE" it is only a place.
bool names_secret(std::string_view name, bool any_case) {
  std::string upper;
  for (const char c : name) {
    if (!any_case && std::islower(static_cast<unsigned char>(c)) != 0) return false;
    upper += c == '-' || c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return std::ranges::any_of(kSecretWords, [&](std::string_view word) {
    if (!upper.ends_with(word)) return false;
    return upper.size() == word.size() || upper[upper.size() - word.size() - 1] == '_';
  });
}

std::string_view without_quotes(std::string_view value) {
  value = trim(value);
  if (value.size() >= 2 && value.front() == value.back() && (value.front() == '"' || value.front() == '\''))
    return value.substr(1, value.size() - 2);
  if (const auto comment = value.find(" #"); comment != std::string_view::npos)
    value = trim(value.substr(0, comment));
  return value;
}

// A reference, a path, YAML structure or a word that is no secret.
bool is_literal(std::string_view value) {
  if (value.size() < kShortestValue || value.starts_with("ENC[") || value.find('$') != std::string_view::npos)
    return false;
  if (std::string_view("/.{[<&*!|>%@").find(value.front()) != std::string_view::npos) return false;
  for (const std::string_view word : {"true", "false", "null", "none", "required"}) {
    if (value == word) return false;
  }
  return value.find_first_not_of("x*.-X") != std::string_view::npos;
}

class Scan {
 public:
  Scan(const std::string& path, std::string_view content)
      : content_(content),
        environment_(is_environment(path)),
        assignments_(!is_prose(path) && !is_example(path)) {}

  std::vector<PlaintextHit> run() {
    int number = 0;
    while (!content_.empty()) {
      ++number;
      const auto end = content_.find('\n');
      line(number, content_.substr(0, end));
      content_.remove_prefix(end == std::string_view::npos ? content_.size() : end + 1);
    }
    return std::move(out_);
  }

 private:
  void hit(int number, std::size_t at, std::string what) {
    out_.push_back({number, static_cast<int>(at) + 1, std::move(what)});
  }

  // One hit a line: what is surest.
  void line(int number, std::string_view text) {
    if (const auto at = text.find("-----BEGIN ");
        at != std::string_view::npos && text.find("PRIVATE KEY-----") != std::string_view::npos) {
      return hit(number, at, "a private key");
    }
    for (const TokenKind& kind : kTokens) {
      if (const auto at = find_token(text, kind)) return hit(number, *at, kind.what);
    }
    if (!assignments_) return;
    if (const auto at = find_url_password(text)) return hit(number, *at, "a password in a URL");
    assignment(number, text);
  }

  static std::optional<std::size_t> find_token(std::string_view text, const TokenKind& kind) {
    for (auto at = text.find(kind.prefix); at != std::string_view::npos;
         at = text.find(kind.prefix, at + 1)) {
      const auto begin = text.begin() + static_cast<std::ptrdiff_t>(at + kind.prefix.size());
      const auto length = std::find_if_not(begin, text.end(), is_word) - begin;
      const bool starts = at == 0 || !is_word(text[at - 1]);
      if (starts && static_cast<std::size_t>(length) >= kind.length) return at;
    }
    return std::nullopt;
  }

  // scheme://user:password@host
  static std::optional<std::size_t> find_url_password(std::string_view text) {
    const auto scheme = text.find("://");
    if (scheme == std::string_view::npos) return std::nullopt;
    const std::string_view rest = text.substr(scheme + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?# \"'"));
    const auto colon = authority.find(':');
    const auto at = authority.rfind('@');
    if (colon == std::string_view::npos || at == std::string_view::npos || at < colon) return std::nullopt;
    if (!is_literal(authority.substr(colon + 1, at - colon - 1))) return std::nullopt;
    return scheme + 3 + colon + 1;
  }

  // NAME=value, NAME: value, - NAME=value, export NAME=value
  void assignment(int number, std::string_view text) {
    std::string_view rest = text;
    const auto skip = [&](std::string_view prefix) {
      rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
      if (rest.starts_with(prefix)) rest.remove_prefix(prefix.size());
    };
    skip("- ");
    skip("export ");
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t\"'"), rest.size()));
    const std::size_t start = text.size() - rest.size();
    const auto end = static_cast<std::size_t>(
        std::find_if_not(rest.begin(), rest.end(), [](char c) { return is_word(c) || c == '.'; }) -
        rest.begin());
    const std::string_view name = rest.substr(0, end);
    rest.remove_prefix(end);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t\"'"), rest.size()));
    if (name.empty() || rest.empty() || (rest.front() != '=' && rest.front() != ':')) return;
    if (!names_secret(name, environment_)) return;
    std::string_view value = trim(rest.substr(1));
    // A list's item in quotes: the closing one belongs to the whole.
    if (!value.empty() && (value.back() == '"' || value.back() == '\'') && value.front() != value.back())
      value.remove_suffix(1);
    if (is_literal(without_quotes(value))) hit(number, start, "the value of " + printable(name));
  }

  std::string_view content_;
  bool environment_;
  bool assignments_;
  std::vector<PlaintextHit> out_;
};

}  // namespace

std::vector<PlaintextHit> scan_plaintext(const std::string& path, std::string_view content) {
  const bool is_text = content.size() <= kFileLimit && content.find('\0') == std::string_view::npos;
  return is_text ? Scan(path, content).run() : std::vector<PlaintextHit>{};
}

}  // namespace hwcsync::lint
