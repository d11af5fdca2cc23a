#pragma once

#include "secrets/arena/secure_buffer.hpp"

#include <optional>
#include <vector>

namespace hwcsync::secrets {

// Puts a data key together from its shares as sops splits it (HashiCorp's shamir): a share is the value of
// one polynomial a byte over GF(2^8) modulo x^8+x^4+x^3+x+1, followed by the point it was taken at; the
// secret is the value at zero. Too few shares give a wrong secret, which only the file's MAC can tell.
// nullopt when shares differ in length, are empty, or two are of one point.
[[nodiscard]] std::optional<SecureBuffer> combine_shares(const std::vector<SecureBuffer>& shares);

}  // namespace hwcsync::secrets
