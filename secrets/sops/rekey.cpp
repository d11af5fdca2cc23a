#include "secrets/sops/rekey.hpp"

#include "secrets/arena/secret_error.hpp"
#include "secrets/sops/data_key.hpp"
#include "secrets/sops/timestamp.hpp"
#include "secrets/sops/tree_cipher.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <utility>

namespace hwcsync::secrets {
namespace {

bool is_same_recipient(const std::string& text, const Recipient& recipient) {
  try {
    return parse_recipient(text) == recipient;
  } catch (const SecretError&) {
    return false;  // of a kind that nobody here knows
  }
}

// What is there stays as it is, so that a diff shows the recipients that came and went.
std::vector<AgeRecipientEntry> entries_for(const Metadata& metadata, const SecureBuffer& data_key,
                                           std::span<const Recipient> recipients) {
  std::vector<AgeRecipientEntry> out;
  for (const Recipient& recipient : recipients) {
    const auto& old = metadata.groups.front().age;
    const auto found = std::ranges::find_if(
        old, [&](const AgeRecipientEntry& entry) { return is_same_recipient(entry.recipient, recipient); });
    out.push_back(found != old.end() ? *found : wrap_data_key(data_key.bytes(), recipient));
  }
  return out;
}

}  // namespace

void require_rekeyable(const Metadata& metadata) {
  const auto refuse = [](const std::string& why) {
    throw SecretError(SecretFailure::unsupported,
                      ErrorText{"cannot change the recipients of", "a sops file", {}, "use sops updatekeys"},
                      why);
  };
  if (metadata.groups.size() != 1) refuse("change the recipients of a file with key groups");
  const auto& others = metadata.groups.front().other_keys;
  if (!others.empty()) refuse("change the recipients of a file that has keys of " + join(others, ", "));
}

std::string rekey_sops(SopsStore store, std::string_view file, std::span<const Identity> identities,
                       std::span<const Recipient> recipients, DataKey data_key,
                       std::chrono::system_clock::time_point now) {
  EncryptedFile read = read_sops(store, file);
  require_rekeyable(read.metadata);
  std::vector<SopsNode> plain = decrypt_sops(store, file, identities);
  if (data_key == DataKey::renewed) {
    read.metadata.last_modified = format_last_modified(now);
    return encrypt_sops(store, std::move(plain), recipients, std::move(read.metadata));
  }
  if (recipients.empty()) {
    throw SecretError(SecretFailure::malformed,
                      ErrorText{"cannot change the recipients of", "a sops file", {}, "name a recipient"},
                      "there is no recipient");
  }
  const SecureBuffer key = unwrap_data_key(read.metadata, identities);
  read.metadata.groups.front().age = entries_for(read.metadata, key, recipients);
  std::string out = print_sops(store, {std::move(read.documents), std::move(read.metadata)});
  if (fingerprint_sops(store, out) != fingerprint_sops(store, file)) {
    throw SecretError(SecretFailure::unsupported,
                      ErrorText{"cannot change the recipients of", "a sops file", {}, "use sops updatekeys"},
                      "write this file back as it was");
  }
  return out;
}

}  // namespace hwcsync::secrets
