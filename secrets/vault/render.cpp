#include "secrets/vault/render.hpp"

#include "secrets/arena/secret_error.hpp"
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

bool holds(Bytes value, char c) {
  return std::ranges::find(value, static_cast<std::uint8_t>(c)) != value.end();
}

bool is_name_character(unsigned char c) {
  return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '-' || c == '[' || c == ']';
}

// Means the same bare in every dotenv dialect.
bool is_plain_character(std::uint8_t c) {
  return (std::isalnum(c) != 0 && c < 128) ||
         std::string_view("_./:@%+,=-").find(static_cast<char>(c)) != std::string_view::npos;
}

// Compose's single quotes carry all but a quote, a backslash before the end, and line ends as they are.
bool fits_single_quotes(Bytes value) {
  return !holds(value, '\'') && !holds(value, '\\') && !holds(value, '\n') && !holds(value, '\r');
}

void append_double_quoted(SecureBuffer& out, Bytes value) {
  out.append('"');
  for (const std::uint8_t c : value) {
    if (c == '\n' || c == '\r') {
      out.append(as_bytes(c == '\n' ? "\\n" : "\\r"));
      continue;
    }
    if (c == '\\' || c == '"' || c == '$') out.append('\\');
    out.append(c);
  }
  out.append('"');
}

void append_compose_value(SecureBuffer& out, Bytes value) {
  if (!value.empty() && std::ranges::all_of(value, is_plain_character)) {
    out.append(value);
  } else if (fits_single_quotes(value)) {
    out.append('\'');
    out.append(value);
    out.append('\'');
  } else {
    append_double_quoted(out, value);
  }
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

SecureBuffer render(const SecretFile& file, const PlainSource& source) {
  switch (file.grammar) {
    case Grammar::compose_env:
      return render_compose(file, source);
    case Grammar::podman_env:
      return render_podman(file, source);
    case Grammar::raw:
      break;
  }
  if (file.key.empty()) return source.whole();
  if (auto value = source.value(file.key)) return std::move(*value);
  reject(file, "its source " + file.source.path + " has no value '" + file.key + "'");
}

}  // namespace hwcsync::secrets
