#pragma once

#include "secrets/arena/secret_error.hpp"
#include "secrets/identity/identity.hpp"
#include "secrets/manifest/manifest.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::secrets {

// Ciphertexts by Git blob id.
using Ciphertexts = std::map<std::string, std::string>;

// One file of the view as a generation shows it: its content, or the reason why there is none.
struct StagedFile {
  SecretFile entry;
  SecureBuffer content;
  std::string failure;  // "no match: none of 2 identities ...", empty when the content is there

  [[nodiscard]] bool readable() const noexcept { return failure.empty(); }
};

// A manifest with everything it names decrypted, verified and rendered. Immutable: shared by the threads that
// serve it through shared_ptr<const Generation>; the last one to let go wipes it.
class Generation {
 public:
  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  [[nodiscard]] const Manifest& manifest() const noexcept { return manifest_; }
  // In the order of the manifest.
  [[nodiscard]] const std::vector<StagedFile>& files() const noexcept { return files_; }
  // nullptr when this user's view has no such file.
  [[nodiscard]] const StagedFile* find(std::uint32_t uid, std::string_view path) const;
  // How many source files were decrypted for it: each one once.
  [[nodiscard]] std::size_t decryptions() const noexcept { return decryptions_; }
  [[nodiscard]] std::size_t failures() const noexcept;

 private:
  friend std::shared_ptr<const Generation> stage(Manifest, const Ciphertexts&, std::span<const Identity>);
  friend std::shared_ptr<const Generation> keep_readable(std::shared_ptr<const Generation>,
                                                         const Generation&);

  std::string id_;
  Manifest manifest_;
  std::vector<StagedFile> files_;
  std::map<std::pair<std::uint32_t, std::string>, std::size_t, std::less<>> index_;
  std::size_t decryptions_ = 0;
};

// Decrypts each source once and renders its files. What goes wrong with one source or one file becomes the
// reason of the files concerned; the others are served. Throws only for a manifest that is not valid. Any
// thread.
[[nodiscard]] std::shared_ptr<const Generation> stage(Manifest manifest, const Ciphertexts& ciphertexts,
                                                      std::span<const Identity> identities);

// The same generation decrypted again, perhaps with fewer keys: what could be read before still can.
[[nodiscard]] std::shared_ptr<const Generation> keep_readable(std::shared_ptr<const Generation> again,
                                                              const Generation& before);

// On how many threads stage() decrypts so many sources, the caller's among them.
[[nodiscard]] std::size_t staging_threads(std::size_t sources, std::size_t cores) noexcept;

enum class Fact { same, rotated, unknown, undecryptable };

[[nodiscard]] std::string_view to_string(Fact fact) noexcept;

// What a plan may know of a file: never the content.
struct FileFact {
  std::uint32_t uid = 0;
  std::string path;
  std::string stack;
  std::string name;
  Fact fact = Fact::unknown;
  std::string reason;  // of undecryptable
  bool operator==(const FileFact&) const = default;
};

// Compares with an earlier generation, in constant time per file: unknown where that one (nullptr: none) does
// not have the file or could not read it.
[[nodiscard]] std::vector<FileFact> compare(const Generation& generation, const Generation* earlier);

}  // namespace hwcsync::secrets
