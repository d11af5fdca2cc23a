#pragma once

#include "secrets/service/service.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::secrets {

// 64 lower-case hex digits; what is used as the name of a directory has passed here.
[[nodiscard]] bool is_generation_id(std::string_view text) noexcept;

// Generations on disk, encrypted as they came: <directory>/<generation>/{manifest.json,ciphertexts/<blob
// id>}. What has a name is whole: it is written under another one, synced and renamed.
class GenerationStore {
 public:
  // The directory is made when something is saved.
  explicit GenerationStore(std::string directory) : directory_(std::move(directory)) {}

  // Throws SystemError. Saving what is there again does nothing.
  void save(const std::string& generation, const SecretBundle& bundle) const;
  // Nothing when it is not there; throws Error when it cannot be read.
  [[nodiscard]] std::optional<SecretBundle> load(const std::string& generation) const;
  void remove(const std::string& generation) const;
  [[nodiscard]] std::vector<std::string> list() const;
  // Takes away what a process that died while saving has left. Nobody may be saving.
  void tidy() const noexcept;

 private:
  std::string directory_;
};

}  // namespace hwcsync::secrets
