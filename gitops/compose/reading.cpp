#include "gitops/compose/reading.hpp"

#include "gitops/compose/keys.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <charconv>

namespace hwcsync::compose {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Length of a decimal number with an optional fraction at the beginning of `text`.
std::size_t number_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && is_digit(text[length])) ++length;
  if (length > 0 && length + 1 < text.size() && text[length] == '.' && is_digit(text[length + 1])) {
    ++length;
    while (length < text.size() && is_digit(text[length])) ++length;
  }
  return length;
}

bool is_duration(std::string_view text) {
  if (text.empty()) return false;
  while (!text.empty()) {
    const std::size_t number = number_length(text);
    if (number == 0) return false;
    text.remove_prefix(number);
    bool unit = false;
    for (const std::string_view word : {"us", "ms", "s", "m", "h", "d", "w"}) {
      if (unit || text.substr(0, word.size()) != word) continue;
      text.remove_prefix(word.size());
      unit = true;
    }
    if (!unit) return false;
  }
  return true;
}

bool is_size(std::string_view text) {
  const std::size_t number = number_length(text);
  if (number == 0) return false;
  std::string unit(trim(text.substr(number)));
  std::transform(unit.begin(), unit.end(), unit.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  for (const char* word : {"", "b", "k", "kb", "m", "mb", "g", "gb", "t", "tb"}) {
    if (unit == word) return true;
  }
  return false;
}

}  // namespace

Location key_location(const Yaml& mapping, const Yaml::Entry& entry) {
  Location where = entry.value.file ? entry.value.where() : mapping.where();
  where.line = entry.line;
  where.column = entry.column;
  return where;
}

bool is_extension(const std::string& key) {
  return key.rfind("x-", 0) == 0;
}

void Reading::account(const Interpolated& done, const Location& where) {
  for (const std::string& name : done.unset) project.unset_variables.emplace(name, where);
  project.secret_variables.insert(done.secrets.begin(), done.secrets.end());
}

void Reading::limit(Limit::Of of, const Yaml& where, std::string message) {
  project.limits.push_back({of, {where.where(), std::move(message)}});
}

void Reading::note(const Location& where, std::string message) {
  project.notes.push_back({where, std::move(message)});
}

Template Reading::text(const Yaml& value) {
  if (!value.is_scalar()) {
    problems.add(value, "expected text, found " + std::string(value.kind_name()));
    return {};
  }
  if (!value.tag.empty() && value.tag.rfind("tag:yaml.org,2002:", 0) != 0) {
    problems.add(value, "the tag '" + value.tag + "' is not supported by this version yet");
    return {};
  }
  Interpolated done = interpolate(value.text, variables);
  if (done.error) {
    problems.add(value, *done.error);
    return {};
  }
  account(done, value.where());
  return std::move(done.value);
}

Template Reading::provider_text(const Yaml& value, const std::string& path) {
  Template out = text(value);
  for (const auto& part : out.parts) {
    if (const auto* secret = std::get_if<SecretPart>(&part)) {
      limit(Limit::Of::containers, value,
            "the secret " + secret->variable + " reaches " + path + " through '" + value.text +
                "'; in style oci a secret may only stand in environment, or be a file");
    }
  }
  return out;
}

std::vector<Template> Reading::provider_list(const Yaml& value, const std::string& path) {
  std::vector<Template> out;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    out.push_back(provider_text(value.items[i], path + '[' + std::to_string(i) + ']'));
  }
  return out;
}

std::string Reading::plain(const Yaml& value, const std::string& path) {
  const Template out = text(value);
  for (const auto& part : out.parts) {
    if (const auto* secret = std::get_if<SecretPart>(&part)) {
      problems.add(value, "the secret " + secret->variable + " reaches " + path + " through '" + value.text +
                              "', which must be known without a key; declare it under 'variables' instead");
      return {};
    }
  }
  return out.plain();
}

std::vector<std::string> Reading::plain_list(const Yaml& value, const std::string& path) {
  std::vector<std::string> out;
  if (!value.is_sequence()) {
    problems.add(value, "expected a list, found " + std::string(value.kind_name()));
    return out;
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    out.push_back(plain(value.items[i], path + '[' + std::to_string(i) + ']'));
  }
  return out;
}

std::vector<std::string> Reading::one_or_many(const Yaml& value, const std::string& path) {
  if (value.is_scalar()) return {plain(value, path)};
  return plain_list(value, path);
}

bool Reading::boolean(const Yaml& value, const std::string& path) {
  std::string word = plain(value, path);
  std::transform(word.begin(), word.end(), word.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  for (const char* yes : {"true", "yes", "on", "y"}) {
    if (word == yes) return true;
  }
  for (const char* no : {"false", "no", "off", "n"}) {
    if (word == no) return false;
  }
  if (value.is_scalar()) problems.add(value, "expected true or false, found '" + word + "'");
  return false;
}

std::optional<std::int64_t> Reading::integer(const Yaml& value, const std::string& path) {
  const std::string word = plain(value, path);
  std::int64_t out = 0;
  const auto [stop, code] = std::from_chars(word.data(), word.data() + word.size(), out);
  if (!word.empty() && code == std::errc() && stop == word.data() + word.size()) return out;
  if (value.is_scalar()) problems.add(value, "expected a whole number, found '" + word + "'");
  return std::nullopt;
}

std::string Reading::duration(const Yaml& value, const std::string& path) {
  std::string word = plain(value, path);
  if (value.is_scalar() && !is_duration(word)) {
    problems.add(value, "expected a duration with its unit, such as 1m30s, found '" + word + "'");
  }
  return word;
}

std::string Reading::size(const Yaml& value, const std::string& path) {
  std::string word = plain(value, path);
  if (value.is_scalar() && !is_size(word)) {
    problems.add(value, "expected a size such as 512m, found '" + word + "'");
  }
  return word;
}

bool Reading::expect_mapping(const Yaml& value) {
  if (value.is_mapping()) return true;
  problems.add(value, "expected a mapping, found " + std::string(value.kind_name()));
  return false;
}

void Reading::refuse_key(const Yaml& mapping, const Yaml::Entry& entry, const std::string& what) {
  const auto& all = compose_keys(what);
  const Location where = key_location(mapping, entry);
  if (std::find(all.begin(), all.end(), entry.key) != all.end()) {
    problems.add(where, "'" + entry.key + "' of a " + what + " is not supported by this version yet");
    return;
  }
  problems.add(where, "unknown key '" + entry.key + "' of a " + what + suggestion(entry.key, all));
}

}  // namespace hwcsync::compose
