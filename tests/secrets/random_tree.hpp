#pragma once

#include "secrets/sops/sops_file.hpp"

#include <cstddef>

namespace hwcsync::secrets::test {

// Plaintext documents that the store can carry, the same for the same seed: texts of awkward characters and,
// where the store knows them, numbers, booleans, times, null, lists and maps, about `values` scalars in all.
[[nodiscard]] std::vector<SopsNode> random_documents(SopsStore store, unsigned seed, std::size_t values);

}  // namespace hwcsync::secrets::test
