#pragma once

#include "gitops/compose/model.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::compose {

// Whether the names in the stack's secret env file can be seen without a key.
enum class SecretNames { listed, hidden };

// What `${NAME}` may stand for. A name that a secret provides is never filled in.
struct Variables {
  std::map<std::string, std::string> values;
  std::set<std::string> secrets;
  // hidden: every name that has no value is taken for one that the secret file provides.
  SecretNames secret_names = SecretNames::listed;

  [[nodiscard]] bool is_secret(const std::string& name) const;
};

struct Interpolated {
  Template value;
  std::vector<std::string> unset;    // names with neither value nor default; they became ""
  std::set<std::string> secrets;     // every secret name that is used, in operands too
  std::optional<std::string> error;  // why the text is not a valid template; `value` is then empty
};

// `$NAME`, `${NAME}` and the operators `:-` `-` `:?` `?` `:+` `+` with operands that are interpolated
// themselves, and only when they are needed; `$$` is one `$` (compose-spec: interpolation). Pure.
[[nodiscard]] Interpolated interpolate(std::string_view text, const Variables& variables);

// [_a-zA-Z][_a-zA-Z0-9]*
[[nodiscard]] bool is_variable_name(std::string_view name);

}  // namespace hwcsync::compose
