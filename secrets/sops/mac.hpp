#pragma once

#include "secrets/sops/aes_gcm.hpp"
#include "secrets/sops/metadata.hpp"

#include <memory>
#include <string>

namespace hwcsync::secrets {

// The MAC over the values of a sops file: SHA-512 of the plaintexts in document order, nothing between them.
// It knows neither keys nor structure; trust in those comes from the commit.
class MacHasher {
 public:
  explicit MacHasher(MacScope scope);
  ~MacHasher();
  MacHasher(const MacHasher&) = delete;
  MacHasher& operator=(const MacHasher&) = delete;

  void add(Bytes value);
  // Upper-case hex; call once, last. In the arena: for a short value it is as good as the value.
  [[nodiscard]] SecureBuffer finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Throws SecretError (mac_mismatch) unless the file's MAC is there and is this one.
void verify_mac(AesGcm& cipher, const Metadata& metadata, const SecureBuffer& computed);

// The value of the metadata key `mac`.
[[nodiscard]] std::string encrypt_mac(AesGcm& cipher, const SecureBuffer& mac,
                                      const std::string& last_modified);

}  // namespace hwcsync::secrets
