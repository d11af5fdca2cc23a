#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::secrets {

// How the encrypted file in the repository is written.
enum class SourceFormat { sops_dotenv, sops_yaml, sops_json, sops_ini, sops_binary, age };

// How the consumer reads the file in the view.
enum class Grammar {
  compose_env,  // all variables of the source, quoted so that Compose reads back exactly the values
  podman_env,   // `podman run --env-file`: only the variables in `environment`, raw, one a line
  raw,  // the value at the path `key` (a list or mapping as JSON), or the whole plaintext when it is empty
  text_template,  // "template": text of the repository with values in it
};

struct Source {
  std::string path;  // in the config repository, for messages
  std::string id;    // the Git blob id of the ciphertext, 40 hex digits
  SourceFormat format = SourceFormat::sops_dotenv;
  bool operator==(const Source&) const = default;
};

// A piece of an environment value: literal text, or a variable of the dotenv source.
struct EnvironmentPart {
  enum class Kind { text, variable };
  Kind kind = Kind::text;
  std::string value;  // the text, or the variable's name
  bool operator==(const EnvironmentPart&) const = default;
};

struct EnvironmentVariable {
  std::string name;
  std::vector<EnvironmentPart> parts;
  bool operator==(const EnvironmentVariable&) const = default;
};

// What a value goes through before it stands in a template.
enum class TemplateFilter {
  trim,  // without the white space at both ends
  env,   // quoted as Compose reads a value in an env file
  json,  // as a JSON string with its quotes; numbers too
};

// A piece of a template: text as it is, or, where `secret` is a name, that value.
struct TemplatePart {
  std::string text;
  std::string secret;  // name in stack.yaml
  std::vector<TemplateFilter> filters;
  Source source;  // of the secret, and `key` in it
  std::string key;
  int line = 0;  // in the template, for messages
  int column = 0;
  bool operator==(const TemplatePart&) const = default;
};

struct TextTemplate {
  std::string path;  // in the config repository, for messages
  std::vector<TemplatePart> parts;
  bool operator==(const TextTemplate&) const = default;
};

// One file of the view.
struct SecretFile {
  std::string path;  // in the view: "immich-stack.env" or "immich/db-password"
  std::string stack;
  std::string name;                    // of the secret in stack.yaml
  std::vector<std::string> consumers;  // units
  std::uint32_t uid = 0;               // owner
  std::uint32_t gid = 0;
  std::uint32_t mode = 0400;
  Grammar grammar = Grammar::raw;
  Source source;  // not of a template, whose parts have their own
  std::string key;
  std::vector<EnvironmentVariable> environment{};  // podman_env only
  TextTemplate text_template{};                    // text_template only
  // Whose view it is in, where that is not its owner's: a container of root may run as somebody else.
  std::optional<std::uint32_t> view{};
  [[nodiscard]] std::uint32_t viewer() const noexcept { return view.value_or(uid); }
  bool operator==(const SecretFile&) const = default;
};

// The contract between gitops/ and the secret service: which file of the view comes from which ciphertext.
// It holds no secret; everything in it may stand in the repository.
struct Manifest {
  int version = 1;
  std::string host;
  std::vector<SecretFile> files;
  bool operator==(const Manifest&) const = default;
};

// JSON, version 1, or 2 where a file has a `view`. Strict: unknown keys, wrong types, unsafe or doubled paths
// are an Error that names the place. In a higher version unknown keys are passed over, so that an older
// program reads what a newer one wrote.
[[nodiscard]] Manifest parse_manifest(std::string_view json);

// Canonical bytes: keys sorted, no spaces, files sorted by uid and path. Throws Error for what parse_manifest
// would not take back.
[[nodiscard]] std::string serialise(const Manifest& manifest);

// SHA-256 of the canonical bytes, lower-case hex. It holds every source id: equal id, equal ciphertexts.
[[nodiscard]] std::string generation_id(const Manifest& manifest);

// The sources of a file: one, or those of a template's placeholders in their order.
[[nodiscard]] std::vector<const Source*> sources_of(const SecretFile& file);

// Every ciphertext that the manifest needs, each id once, sorted.
[[nodiscard]] std::vector<std::string> source_ids(const Manifest& manifest);

[[nodiscard]] std::string_view to_string(SourceFormat format) noexcept;  // "sops-dotenv"
[[nodiscard]] std::string_view to_string(Grammar grammar) noexcept;      // "compose-env"
[[nodiscard]] std::optional<SourceFormat> parse_source_format(std::string_view text) noexcept;
[[nodiscard]] std::string list_source_formats();  // "sops-dotenv, sops-yaml, ...": for messages
[[nodiscard]] std::optional<Grammar> parse_grammar(std::string_view text) noexcept;
[[nodiscard]] std::string_view to_string(TemplateFilter filter) noexcept;  // "json"
[[nodiscard]] std::optional<TemplateFilter> parse_template_filter(std::string_view text) noexcept;

}  // namespace hwcsync::secrets
