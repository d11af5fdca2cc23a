#include "secrets/vault/render.hpp"

#include "secrets/arena/secret_error.hpp"
#include "secrets/vault/compose_value.hpp"
#include "secrets/vault/render_template.hpp"
#include "secrets/vault/substitute.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

namespace hwcsync::secrets {
namespace {

// podman reads an env file line by line with a buffer of 64 KiB.
constexpr std::size_t kPodmanLine = 65535;

[[noreturn]] void reject(const SecretFile& file, const std::string& why) {
  throw SecretError(SecretFailure::malformed, ErrorText{"cannot write secret", "'" + file.path + "'", {}, {}},
                    why);
}

bool is_name_character(unsigned char c) {
  return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '-' || c == '[' || c == ']';
}

SecureBuffer render_compose(const SecretFile& file, const PlainSource& source) {
  SecureBuffer out;
  for (const DotenvEntry& entry : source.variables()) {
    if (entry.key.empty() || !std::ranges::all_of(entry.key, is_name_character)) {
      reject(file, "Compose cannot read a variable with the name '" + entry.key + "'");
    }
    if (holds(entry.value.bytes(), '\0')) {
      reject(file, "the value of '" + entry.key + "' holds a zero byte, which no environment can carry");
    }
    out.append(as_bytes(entry.key));
    out.append('=');
    append_compose_value(out, entry.value.bytes());
    out.append('\n');
  }
  return out;
}

const SecureBuffer& require(const SecretFile& file, const PlainSource& source, const std::string& key) {
  if (const SecureBuffer* value = find_value(source.variables(), key)) return *value;
  reject(file, "its source " + file.source.path + " has no variable '" + key + "'");
}

SecureBuffer assemble(const SecretFile& file, const PlainSource& source,
                      const EnvironmentVariable& variable) {
  SecureBuffer out;
  for (const EnvironmentPart& part : variable.parts) {
    const bool is_text = part.kind == EnvironmentPart::Kind::text;
    out.append(is_text ? as_bytes(part.value) : require(file, source, part.value).bytes());
  }
  return out;
}

SecureBuffer render_podman(const SecretFile& file, const PlainSource& source) {
  SecureBuffer out;
  for (const EnvironmentVariable& variable : file.environment) {
    const SecureBuffer value = assemble(file, source, variable);
    for (const char c : {'\n', '\r', '\0'}) {
      if (!holds(value.bytes(), c)) continue;
      reject(
          file,
          "the value of '" + variable.name +
              "' has a line end or a zero byte, which `podman run --env-file` cannot carry; give it to the "
              "container as a file");
    }
    if (variable.name.size() + 1 + value.size() >= kPodmanLine) {
      reject(file,
             "the value of '" + variable.name + "' is longer than `podman run --env-file` reads (64 KiB)");
    }
    out.append(as_bytes(variable.name));
    out.append('=');
    out.append(value.bytes());
    out.append('\n');
  }
  return out;
}

}  // namespace

std::optional<SecureBuffer> value_in(const PlainSource& source, const std::string& key) {
  return key.empty() ? std::optional(source.whole()) : source.value(key);
}

SecureBuffer render(const SecretFile& file, const SourceLookup& sources) {
  switch (file.grammar) {
    case Grammar::compose_env:
      return render_compose(file, sources(file.source));
    case Grammar::podman_env:
      return render_podman(file, sources(file.source));
    case Grammar::text_template:
      return render_template(file.text_template, sources);
    case Grammar::raw:
      break;
  }
  if (auto value = value_in(sources(file.source), file.key)) return std::move(*value);
  reject(file, "its source " + file.source.path + " has no value '" + file.key + "'");
}

}  // namespace hwcsync::secrets
