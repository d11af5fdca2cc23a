#pragma once

#include "secrets/sops/sops_file.hpp"

#include <chrono>
#include <span>
#include <string>
#include <string_view>

namespace hwcsync::secrets {

enum class DataKey {
  kept,     // as `sops updatekeys`: the values stay byte for byte
  renewed,  // as `sops rotate`: every value is encrypted again; the plaintext stays
};

// Whether rekey_sops() can write such a file, without any key. Throws SecretError (unsupported) for files
// that have key groups or keys that are not of age.
void require_rekeyable(const Metadata& metadata);

// The file for exactly these recipients (at least one). It is decrypted and its MAC verified before, so that
// nothing forged is passed on; with a kept data key the entries of recipients that stay are kept, too. Rules,
// comments and values stay. Throws SecretError: what decrypting throws, and unsupported for files that have
// key groups or keys that are not of age.
[[nodiscard]] std::string rekey_sops(SopsStore store, std::string_view file,
                                     std::span<const Identity> identities,
                                     std::span<const Recipient> recipients, DataKey data_key,
                                     std::chrono::system_clock::time_point now);

}  // namespace hwcsync::secrets
