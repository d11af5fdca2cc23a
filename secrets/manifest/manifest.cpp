#include "secrets/manifest/manifest.hpp"

#include "src/base/hash.hpp"

#include <set>

namespace hwcsync::secrets {

std::string generation_id(const Manifest& manifest) {
  return sha256_hex(serialise(manifest));
}

std::vector<std::string> source_ids(const Manifest& manifest) {
  std::set<std::string> out;
  for (const SecretFile& file : manifest.files) out.insert(file.source.id);
  return {out.begin(), out.end()};
}

std::string_view to_string(SourceFormat format) noexcept {
  switch (format) {
    case SourceFormat::sops_dotenv:
      return "sops-dotenv";
    case SourceFormat::sops_binary:
      return "sops-binary";
    case SourceFormat::age:
      break;
  }
  return "age";
}

std::string_view to_string(Grammar grammar) noexcept {
  switch (grammar) {
    case Grammar::compose_env:
      return "compose-env";
    case Grammar::podman_env:
      return "podman-env";
    case Grammar::raw:
      break;
  }
  return "raw";
}

std::optional<SourceFormat> parse_source_format(std::string_view text) noexcept {
  for (const auto format : {SourceFormat::sops_dotenv, SourceFormat::sops_binary, SourceFormat::age}) {
    if (text == to_string(format)) return format;
  }
  return std::nullopt;
}

std::optional<Grammar> parse_grammar(std::string_view text) noexcept {
  for (const auto grammar : {Grammar::compose_env, Grammar::podman_env, Grammar::raw}) {
    if (text == to_string(grammar)) return grammar;
  }
  return std::nullopt;
}

}  // namespace hwcsync::secrets
