#include "gitops/compose/reading.hpp"

#include "gitops/compose/units.hpp"
#include "gitops/compose/words.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <charconv>

namespace hwcsync::compose {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

// A mapping, or a list of "name=value".
template <class Function>
std::map<std::string, Template> pairs(Reading& reading, const Yaml& value, const std::string& path,
                                      Function&& read) {
  std::map<std::string, Template> out;
  if (value.is_mapping()) {
    for (const Yaml::Entry& entry : value.entries) {
      out[entry.key] = entry.value.is_null() ? Template{} : read(entry.value, path + '.' + entry.key);
    }
    return out;
  }
  if (!value.is_sequence()) {
    reading.problems.add(value, "expected a mapping or a list, found " + std::string(value.kind_name()));
    return out;
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Yaml& item = value.items[i];
    const Template line = read(item, path + '[' + std::to_string(i) + ']');
    if (line.parts.empty()) continue;
    const auto* first = std::get_if<TextPart>(&line.parts.front());
    const auto equals = first == nullptr ? std::string::npos : first->text.find('=');
    if (line.tainted() && equals == std::string::npos) {
      reading.problems.add(item, "the name before '=' may not come from a secret");
      continue;
    }
    Template rest = Template::literal(equals == std::string::npos ? "" : first->text.substr(equals + 1));
    rest.parts.insert(rest.parts.end(), line.parts.begin() + 1, line.parts.end());
    out[first->text.substr(0, equals)] = std::move(rest);
  }
  return out;
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
            "the secret " + secret->variable + origin(secret->variable, value) + " reaches " + path +
                " through '" + value.text +
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
      problems.add(value, "the secret " + secret->variable + origin(secret->variable, value) + " reaches " +
                              path + " through '" + value.text +
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
  if (!value.is_scalar()) return plain_list(value, path);
  std::string one = plain(value, path);
  return one.empty() ? std::vector<std::string>{} : std::vector<std::string>{std::move(one)};
}

bool Reading::boolean(const Yaml& value, const std::string& path) {
  const std::string word = lower(plain(value, path));
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
  if (word == "0") word = "0s";  // the one duration that Go takes without a unit
  if (value.is_scalar() && !duration_microseconds(word)) {
    problems.add(value, "expected a duration with its unit, such as 1m30s, found '" + word + "'");
    return word;
  }
  return go_duration(word);
}

std::string Reading::size(const Yaml& value, const std::string& path) {
  std::string word = plain(value, path);
  if (value.is_scalar() && !size_bytes(word)) {
    problems.add(value, "expected a size such as 512m, found '" + word + "'");
  }
  return word;
}

std::string Reading::number(const Yaml& value, const std::string& path) {
  std::string word = plain(value, path);
  const bool fine = !word.empty() && word.find_first_not_of("0123456789.") == std::string::npos &&
                    std::count(word.begin(), word.end(), '.') <= 1 && word != ".";
  if (!fine && value.is_scalar()) problems.add(value, "expected a number such as 1.5, found '" + word + "'");
  return word;
}

std::optional<std::int64_t> Reading::bytes(const Yaml& value, const std::string& path) {
  return size_bytes(size(value, path));
}

// A text is in base 8; a bare number means what YAML says, where a leading 0 is base 8 too.
std::string Reading::file_mode(const Yaml& value, const std::string& path) {
  std::string word = plain(value, path);
  const bool decimal = value.style == Yaml::Style::plain && !word.empty() && word.front() != '0';
  if (word.rfind("0o", 0) == 0) word = word.substr(2);
  std::int64_t mode = 0;
  const auto [stop, code] = std::from_chars(word.data(), word.data() + word.size(), mode, decimal ? 10 : 8);
  if (word.empty() || code != std::errc() || stop != word.data() + word.size() || mode < 0 || mode > 07777) {
    if (value.is_scalar()) problems.add(value, "expected a mode such as 0440, found '" + word + "'");
    return {};
  }
  return octal(mode);
}

External Reading::external(const Yaml& value, const std::string& path) {
  if (!value.is_mapping()) return {boolean(value, path), std::nullopt};
  const Yaml* name = value.find("name");
  return {true, name == nullptr ? std::optional<std::string>() : plain(*name, path + ".name")};
}

std::map<std::string, std::string> Reading::plain_map(const Yaml& value, const std::string& path) {
  const auto plain_text = [this](const Yaml& item, const std::string& here) {
    return Template::literal(plain(item, here));
  };
  std::map<std::string, std::string> out;
  for (const auto& [name, text] : pairs(*this, value, path, plain_text)) out[name] = text.plain();
  return out;
}

std::map<std::string, Template> Reading::provider_map(const Yaml& value, const std::string& path) {
  return pairs(*this, value, path,
               [this](const Yaml& item, const std::string& here) { return provider_text(item, here); });
}

std::vector<Template> Reading::command(const Yaml& value, const std::string& path) {
  if (value.is_sequence()) return provider_list(value, path);
  const auto words = split_words(provider_text(value, path));
  if (!words) problems.add(value, "a quote in this command line has no end");
  return words.value_or(std::vector<Template>{});
}

std::optional<Template> Reading::variable(const Yaml& where, const std::string& name,
                                          const std::string& path) {
  Template out;
  if (variables.is_secret(name)) {
    project.secret_variables.insert(name);
    out.parts.emplace_back(SecretPart{name, {}});
    return out;
  }
  const auto found = variables.values.find(name);
  if (found != variables.values.end()) return Template::literal(found->second);
  problems.add(where, "the variable " + name + " of " + path +
                          " is not set, neither by a secret nor under "
                          "'variables'");
  return std::nullopt;
}

bool Reading::expect_mapping(const Yaml& value) {
  if (value.is_mapping()) return true;
  problems.add(value, "expected a mapping, found " + std::string(value.kind_name()));
  return false;
}

void Reading::limit_both(const Yaml& where, const std::string& message) {
  limit(Limit::Of::provider, where, message);
  limit(Limit::Of::containers, where, message);
}

bool Reading::takes(const Yaml& mapping, const Yaml::Entry& entry, std::string_view scope,
                    const std::string& path) {
  if (is_extension(entry.key)) return false;
  const Location where = key_location(mapping, entry);
  const KeyRow* row = find_key(scope, entry.key);
  if (row == nullptr) {
    problems.add(where, "unknown key '" + entry.key + "' of a " + std::string(scope) +
                            suggestion(entry.key, keys_of(scope)));
    return false;
  }
  if (entry.value.is_null()) return false;  // Compose takes a key without a value as an absent one
  const std::string here = path.empty() ? entry.key : path + '.' + entry.key;
  const auto refuse = [&](Limit::Of of, const StyleVerdict& verdict) {
    if (verdict.verdict != Verdict::refused || entry.value.text == "false") return;
    project.limits.push_back({of, {where, here + " is refused: " + std::string(verdict.words)}});
  };
  refuse(Limit::Of::provider, row->provider);
  refuse(Limit::Of::containers, row->containers);
  project.keys.push_back({here, row, where});
  return true;
}

// An anchor's value keeps the place of the anchor, so the top-level key that it stands under is what brought
// it.
std::string Reading::origin(const std::string& variable, const Yaml& value) const {
  std::string out;
  const auto source = context.secret_origins.find(variable);
  if (source != context.secret_origins.end()) out += " from " + source->second;
  if (document == nullptr) return out;
  const Location where = value.where();
  const Yaml::Entry* above = nullptr;
  for (const Yaml::Entry& entry : document->entries) {
    const bool here = entry.line <= where.line && key_location(*document, entry).file == where.file;
    if (here && (above == nullptr || entry.line > above->line)) above = &entry;
  }
  if (above != nullptr && is_extension(above->key)) out += " via " + above->key;
  return out;
}

}  // namespace hwcsync::compose
