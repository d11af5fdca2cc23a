#pragma once

#include "secrets/identity/identity.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::secrets::test {

// The bytes of tests/secrets/fixtures/<name>.
[[nodiscard]] std::string fixture(const std::string& name);

// key.txt, and id_ed25519 in both of its forms.
[[nodiscard]] std::vector<Identity> age_identity();
[[nodiscard]] std::vector<Identity> ssh_identities();

// Copies a secret to ordinary memory: for the assertions of tests, nowhere else.
[[nodiscard]] std::string reveal(const SecureBuffer& buffer);
[[nodiscard]] SecureBuffer conceal(std::string_view text);

}  // namespace hwcsync::secrets::test
