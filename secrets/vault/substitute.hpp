#pragma once

#include "secrets/sops/dotenv.hpp"

#include <stdexcept>
#include <vector>

namespace hwcsync::secrets {

// A reference that cannot be resolved. Holds the name of a variable at most.
class SubstitutionError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Compose's interpolation over secret bytes: $NAME, ${NAME}, $$; a dollar before anything else stands for
// itself. Names are looked up in `entries`, the last one first. ${NAME:-...} and its relatives, and names
// that are not there, throw SubstitutionError: an empty password would be the worse surprise.
[[nodiscard]] SecureBuffer substitute(Bytes text, const std::vector<DotenvEntry>& entries);

// The value of a variable, the last one of that name; nullptr when there is none.
[[nodiscard]] const SecureBuffer* find_value(const std::vector<DotenvEntry>& entries, std::string_view key);

// The name of a variable of `entries` that the text refers to as ${NAME}; empty when there is none.
[[nodiscard]] std::string find_reference(Bytes text, const std::vector<DotenvEntry>& entries);

}  // namespace hwcsync::secrets
