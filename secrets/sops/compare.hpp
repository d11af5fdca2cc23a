#pragma once

#include "secrets/sops/sops_file.hpp"

#include <string_view>

namespace hwcsync::secrets {

// What two versions of a value are to each other, as far as it shows without any key.
enum class Likeness { same, different, unclear };

// Compares what stands at a key path (the whole file when it is empty, with its comments). Same: the same
// ciphertext under the same keys, which also holds after `sops updatekeys` for other recipients, and for the
// values that a change of others left alone. Different: another length or structure, another text in clear,
// or another ciphertext of the same data key and nonce. A value that was encrypted again is unclear. Throws
// SecretError when one of them cannot be read.
[[nodiscard]] Likeness compare_sops(SopsStore store, std::string_view before, std::string_view after,
                                    std::string_view path);

}  // namespace hwcsync::secrets
