#include "secrets/manifest/manifest.hpp"

#include "src/base/hash.hpp"

#include <array>
#include <set>
#include <utility>

namespace hwcsync::secrets {
namespace {

constexpr std::array<std::pair<SourceFormat, std::string_view>, 6> kFormats{
    {{SourceFormat::sops_dotenv, "sops-dotenv"},
     {SourceFormat::sops_yaml, "sops-yaml"},
     {SourceFormat::sops_json, "sops-json"},
     {SourceFormat::sops_ini, "sops-ini"},
     {SourceFormat::sops_binary, "sops-binary"},
     {SourceFormat::age, "age"}}};

}  // namespace

std::string generation_id(const Manifest& manifest) {
  return sha256_hex(serialise(manifest));
}

std::vector<const Source*> sources_of(const SecretFile& file) {
  if (file.grammar != Grammar::text_template) return {&file.source};
  std::vector<const Source*> out;
  for (const TemplatePart& part : file.text_template.parts) {
    if (!part.secret.empty()) out.push_back(&part.source);
  }
  return out;
}

std::vector<std::string> source_ids(const Manifest& manifest) {
  std::set<std::string> out;
  for (const SecretFile& file : manifest.files) {
    for (const Source* source : sources_of(file)) out.insert(source->id);
  }
  return {out.begin(), out.end()};
}

std::string_view to_string(SourceFormat format) noexcept {
  for (const auto& [known, name] : kFormats) {
    if (known == format) return name;
  }
  return "age";
}

std::string_view to_string(Grammar grammar) noexcept {
  switch (grammar) {
    case Grammar::compose_env:
      return "compose-env";
    case Grammar::podman_env:
      return "podman-env";
    case Grammar::text_template:
      return "template";
    case Grammar::raw:
      break;
  }
  return "raw";
}

std::optional<SourceFormat> parse_source_format(std::string_view text) noexcept {
  for (const auto& [format, name] : kFormats) {
    if (text == name) return format;
  }
  return std::nullopt;
}

std::string list_source_formats() {
  std::string out;
  for (const auto& [format, name] : kFormats) out += (out.empty() ? "" : ", ") + std::string(name);
  return out;
}

std::optional<Grammar> parse_grammar(std::string_view text) noexcept {
  for (const auto grammar :
       {Grammar::compose_env, Grammar::podman_env, Grammar::raw, Grammar::text_template}) {
    if (text == to_string(grammar)) return grammar;
  }
  return std::nullopt;
}

std::string_view to_string(TemplateFilter filter) noexcept {
  switch (filter) {
    case TemplateFilter::env:
      return "env";
    case TemplateFilter::json:
      return "json";
    case TemplateFilter::trim:
      break;
  }
  return "trim";
}

std::optional<TemplateFilter> parse_template_filter(std::string_view text) noexcept {
  for (const auto filter : {TemplateFilter::trim, TemplateFilter::env, TemplateFilter::json}) {
    if (text == to_string(filter)) return filter;
  }
  return std::nullopt;
}

}  // namespace hwcsync::secrets
