#include "secrets/manifest/manifest.hpp"
#include "secrets/manifest/validate.hpp"
#include "src/base/error.hpp"
#include "src/base/json.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <tuple>
#include <utility>

namespace hwcsync::secrets {
namespace {

constexpr int kVersion = 2;  // the highest that is known here

[[noreturn]] void reject(const std::string& where, std::string_view why) {
  throw Error("cannot read the secrets manifest at", where.empty() ? "/" : where, why);
}

enum class UnknownKeys { refuse, pass };

// Reads the members of one JSON object and knows at the end whether there were others.
class ObjectReader {
 public:
  ObjectReader(const Json& json, std::string where, UnknownKeys unknown)
      : json_(json), where_(std::move(where)), unknown_(unknown) {
    if (!json_.is_object()) reject(where_, "it is not an object");
  }

  const Json* find(const std::string& key) {
    known_.push_back(key);
    const auto found = json_.find(key);
    return found == json_.end() ? nullptr : &*found;
  }
  const Json& require(const std::string& key) {
    const Json* found = find(key);
    if (found == nullptr) reject(where_, "'" + key + "' is missing");
    return *found;
  }
  std::string text(const std::string& key) { return as_text(require(key), at(key)); }
  std::string optional_text(const std::string& key) {
    const Json* found = find(key);
    return found == nullptr ? std::string() : as_text(*found, at(key));
  }
  std::uint32_t number(const std::string& key,
                       std::uint32_t most = std::numeric_limits<std::uint32_t>::max()) {
    const Json& value = require(key);
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > most)
      reject(at(key), "it is not a number from 0 to " + std::to_string(most));
    return value.get<std::uint32_t>();
  }
  // The elements of a list and where each stands; an absent list is empty.
  std::vector<std::pair<const Json*, std::string>> list(const std::string& key) {
    std::vector<std::pair<const Json*, std::string>> out;
    const Json* found = find(key);
    if (found == nullptr) return out;
    if (!found->is_array()) reject(at(key), "it is not a list");
    for (const Json& item : *found) out.emplace_back(&item, at(key) + "/" + std::to_string(out.size()));
    return out;
  }
  void finish() const {
    if (unknown_ == UnknownKeys::pass) return;
    for (const auto& [key, value] : json_.items()) {
      if (std::ranges::find(known_, key) == known_.end()) {
        reject(where_, "unknown key '" + key + "'" + suggestion(key, known_));
      }
    }
  }
  [[nodiscard]] std::string at(const std::string& key) const { return where_ + "/" + key; }

  static std::string as_text(const Json& value, const std::string& where) {
    if (!value.is_string()) reject(where, "it is not a string");
    return value.get<std::string>();
  }

 private:
  const Json& json_;
  std::string where_;
  UnknownKeys unknown_;
  std::vector<std::string> known_;
};

std::uint32_t parse_mode(const std::string& text, const std::string& where) {
  std::uint32_t mode = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (text.size() != 4 || text.front() != '0' || code != std::errc{} || end != text.data() + text.size()) {
    reject(where, "it is not an octal mode such as \"0400\"");
  }
  return mode;
}

Source parse_source(const Json& json, const std::string& where, UnknownKeys unknown) {
  ObjectReader reader(json, where, unknown);
  Source out{reader.text("path"), reader.text("id"), {}};
  const auto format = parse_source_format(reader.text("format"));
  if (!format) reject(reader.at("format"), "it is none of " + list_source_formats());
  out.format = *format;
  reader.finish();
  return out;
}

EnvironmentPart parse_part(const Json& json, const std::string& where, UnknownKeys unknown) {
  ObjectReader reader(json, where, unknown);
  const Json* text = reader.find("text");
  const Json* variable = reader.find("variable");
  if ((text == nullptr) == (variable == nullptr))
    reject(where, "it has not exactly one of 'text' and 'variable'");
  reader.finish();
  if (text != nullptr) return {EnvironmentPart::Kind::text, ObjectReader::as_text(*text, reader.at("text"))};
  return {EnvironmentPart::Kind::variable, ObjectReader::as_text(*variable, reader.at("variable"))};
}

EnvironmentVariable parse_variable(const Json& json, const std::string& where, UnknownKeys unknown) {
  ObjectReader reader(json, where, unknown);
  EnvironmentVariable out{reader.text("name"), {}};
  for (const auto& [part, at] : reader.list("parts")) out.parts.push_back(parse_part(*part, at, unknown));
  reader.finish();
  return out;
}

TemplatePart parse_template_part(const Json& json, const std::string& where, UnknownKeys unknown) {
  ObjectReader reader(json, where, unknown);
  TemplatePart out;
  if (const Json* text = reader.find("text")) {
    out.text = ObjectReader::as_text(*text, reader.at("text"));
    reader.finish();
    return out;
  }
  constexpr std::uint32_t kLines = 1U << 20U;
  out.secret = reader.text("secret");
  out.source = parse_source(reader.require("source"), reader.at("source"), unknown);
  out.key = reader.text("key");
  out.line = static_cast<int>(reader.number("line", kLines));
  out.column = static_cast<int>(reader.number("column", kLines));
  for (const auto& [word, at] : reader.list("filters")) {
    const auto filter = parse_template_filter(ObjectReader::as_text(*word, at));
    if (!filter) reject(at, "it is none of env, json, trim");
    out.filters.push_back(*filter);
  }
  reader.finish();
  return out;
}

TextTemplate parse_text_template(const Json& json, const std::string& where, UnknownKeys unknown) {
  ObjectReader reader(json, where, unknown);
  TextTemplate out{reader.text("path"), {}};
  for (const auto& [part, at] : reader.list("parts"))
    out.parts.push_back(parse_template_part(*part, at, unknown));
  reader.finish();
  return out;
}

SecretFile parse_file(const Json& json, const std::string& where, UnknownKeys unknown) {
  ObjectReader reader(json, where, unknown);
  SecretFile out;
  out.path = reader.text("path");
  out.stack = reader.text("stack");
  out.name = reader.text("name");
  for (const auto& [unit, at] : reader.list("consumers"))
    out.consumers.push_back(ObjectReader::as_text(*unit, at));
  out.uid = reader.number("uid");
  out.gid = reader.number("gid");
  if (reader.find("view") != nullptr) out.view = reader.number("view");
  out.mode = parse_mode(reader.text("mode"), reader.at("mode"));
  const auto grammar = parse_grammar(reader.text("grammar"));
  if (!grammar) reject(reader.at("grammar"), "it is none of compose-env, podman-env, raw, template");
  out.grammar = *grammar;
  if (out.grammar == Grammar::text_template) {
    out.text_template = parse_text_template(reader.require("template"), reader.at("template"), unknown);
    reader.finish();
    return out;
  }
  out.source = parse_source(reader.require("source"), reader.at("source"), unknown);
  out.key = reader.optional_text("key");
  for (const auto& [variable, at] : reader.list("environment")) {
    out.environment.push_back(parse_variable(*variable, at, unknown));
  }
  reader.finish();
  return out;
}

std::string mode_text(std::uint32_t mode) {
  std::string out = "0000";
  for (std::size_t i = 3; i > 0; --i, mode >>= 3U) out[i] = static_cast<char>('0' + (mode & 7U));
  return out;
}

Json to_json(const Source& source) {
  return {{"path", source.path}, {"id", source.id}, {"format", to_string(source.format)}};
}

Json to_json(const TextTemplate& text) {
  Json parts = Json::array();
  for (const TemplatePart& part : text.parts) {
    if (part.secret.empty()) {
      parts.push_back(Json{{"text", part.text}});
      continue;
    }
    Json filters = Json::array();
    for (const TemplateFilter filter : part.filters) filters.push_back(to_string(filter));
    parts.push_back(Json{{"secret", part.secret},
                         {"source", to_json(part.source)},
                         {"key", part.key},
                         {"filters", std::move(filters)},
                         {"line", part.line},
                         {"column", part.column}});
  }
  return {{"path", text.path}, {"parts", std::move(parts)}};
}

Json to_json(const SecretFile& file) {
  Json out{{"path", file.path},
           {"stack", file.stack},
           {"name", file.name},
           {"consumers", file.consumers},
           {"uid", file.uid},
           {"gid", file.gid},
           {"mode", mode_text(file.mode)},
           {"grammar", to_string(file.grammar)}};
  if (file.viewer() != file.uid) out["view"] = file.viewer();
  if (file.grammar == Grammar::text_template) {
    out["template"] = to_json(file.text_template);
    return out;
  }
  out["source"] = to_json(file.source);
  out["key"] = file.key;
  if (file.grammar != Grammar::podman_env) return out;
  Json& environment = out["environment"] = Json::array();
  for (const EnvironmentVariable& variable : file.environment) {
    Json parts = Json::array();
    for (const EnvironmentPart& part : variable.parts) {
      parts.push_back(Json{{part.kind == EnvironmentPart::Kind::text ? "text" : "variable", part.value}});
    }
    environment.push_back(Json{{"name", variable.name}, {"parts", std::move(parts)}});
  }
  return out;
}

}  // namespace

Manifest parse_manifest(std::string_view text) {
  const Json json = parse_json(text, "the secrets manifest");
  if (!json.is_object() || !json.contains("version") || !json["version"].is_number_unsigned()) {
    reject("/version", "it is not a number");
  }
  Manifest out;
  out.version = json["version"].get<int>();
  if (out.version < 1) reject("/version", "there is no version below 1");
  const UnknownKeys unknown = out.version > kVersion ? UnknownKeys::pass : UnknownKeys::refuse;
  ObjectReader reader(json, "", unknown);
  static_cast<void>(reader.require("version"));
  out.host = reader.text("host");
  static_cast<void>(reader.require("files"));
  for (const auto& [file, where] : reader.list("files"))
    out.files.push_back(parse_file(*file, where, unknown));
  reader.finish();
  validate(out);
  return out;
}

std::string serialise(const Manifest& manifest) {
  validate(manifest);
  std::vector<const SecretFile*> files;
  for (const SecretFile& file : manifest.files) files.push_back(&file);
  std::ranges::sort(files, [](const SecretFile* a, const SecretFile* b) {
    return std::tuple(a->viewer(), a->path) < std::tuple(b->viewer(), b->path);
  });
  const bool views = std::ranges::any_of(files, [](const SecretFile* f) { return f->viewer() != f->uid; });
  const int version = std::max(manifest.version, views ? 2 : 1);
  Json list = Json::array();
  for (const SecretFile* file : files) list.push_back(to_json(*file));
  return canonical_json(Json{{"version", version}, {"host", manifest.host}, {"files", std::move(list)}});
}

}  // namespace hwcsync::secrets
