#pragma once

#include "gitops/compose/interpolation.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::compose {

struct DotenvEntry {
  std::string name;
  std::optional<Template> value;  // nothing: the line is a bare name, which takes the variable of that name
  int line = 0;
  bool operator==(const DotenvEntry&) const = default;
};

struct Dotenv {
  std::vector<DotenvEntry> entries;  // in the order of the file; a later one of the same name wins
  std::vector<std::string> unset;    // variables that are used and not set
  std::set<std::string> secrets;     // secret variables that are used
  std::optional<Problem> error;      // the first thing that is wrong; `entries` is what came before it
};

// Compose's own grammar of `.env` and `env_file`: `export`, `:` as separator, quotes, escapes, values over
// several lines, comments, interpolation from `variables` and then from earlier lines (compose-go: dotenv).
// Names that begin with a digit are left out, as Compose does. Not the grammar of sops, podman or systemd.
// Pure.
[[nodiscard]] Dotenv parse_dotenv(std::string_view text, const std::string& file, const Variables& variables);

// `format: raw` of an env_file: NAME=value to the end of the line, as it stands; `#` begins a comment only at
// the beginning of a line (docker/cli: kvfile). Pure.
[[nodiscard]] Dotenv parse_raw_env(std::string_view text, const std::string& file);

}  // namespace hwcsync::compose
