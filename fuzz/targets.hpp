#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace hwcsync::fuzz {

// What a fuzzer does with one input. An error of ours is a good answer; anything else that leaves is a
// finding.
using Bytes = std::span<const std::uint8_t>;
struct Target {
  std::string_view name;
  void (*run)(Bytes input);
};

// age-header, armor, openssh-key, sops-yaml, sops-json, sops-ini, sops-dotenv, pattern, manifest, template.
[[nodiscard]] std::span<const Target> targets();

}  // namespace hwcsync::fuzz
