#include "src/cli/secret_format.hpp"

#include "secrets/arena/secret_error.hpp"
#include "secrets/vault/source.hpp"

#include <CLI/CLI.hpp>

namespace hwcsync::cli {

void add_format_option(CLI::App& app, std::string& to) {
  app.add_option(
         "--format", to,
         "the file's format: age, or of sops yaml, json, dotenv, ini, binary (default: what it looks like)")
      ->check(CLI::IsMember({"age", "yaml", "json", "dotenv", "ini", "binary"}));
}

secrets::SourceFormat format_of_file(std::string_view text, const std::string& named,
                                     const std::string& doing, const std::string& path) {
  const auto format = named.empty() ? secrets::detect_source_format(text, path)
                                    : secrets::parse_source_format(named == "age" ? named : "sops-" + named);
  if (format) return *format;
  throw secrets::SecretError(secrets::SecretFailure::not_encrypted, {doing, path, {}, {}},
                             "neither age nor sops");
}

}  // namespace hwcsync::cli
