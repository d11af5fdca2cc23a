#include "secrets/sops/data_key.hpp"

#include "secrets/age/age.hpp"
#include "src/base/text.hpp"

#include <sodium.h>

#include <utility>

namespace hwcsync::secrets {
namespace {

constexpr std::size_t kDataKey = 32;

// A recipient as it stands in the file may carry a comment (SSH keys).
bool names(std::string_view listed, std::string_view recipient) {
  listed = trim(listed);
  if (!listed.starts_with(recipient)) return false;
  return listed.size() == recipient.size() || listed[recipient.size()] == ' ';
}

// An SSH key is long and begins like any other of its kind; type and end tell it apart.
std::string shorten(std::string_view recipient) {
  const auto words = split(trim(recipient), ' ');
  if (words.size() < 2 || words[1].size() <= 12) return std::string(recipient);
  return words[0] + " ..." + words[1].substr(words[1].size() - 12);
}

std::string list_recipients(const Metadata& metadata) {
  std::vector<std::string> texts;
  for (const AgeRecipientEntry& entry : metadata.age) texts.push_back(shorten(entry.recipient));
  return join(texts, ", ");
}

}  // namespace

SecureBuffer unwrap_data_key(const Metadata& metadata, std::span<const Identity> identities) {
  for (const Identity& identity : identities) {
    const std::string own = to_text(identity.recipient());
    for (const AgeRecipientEntry& entry : metadata.age) {
      if (!names(entry.recipient, own)) continue;
      SecureBuffer key = decrypt_age(as_bytes(entry.enc), std::span(&identity, 1));
      if (key.size() == kDataKey) return key;
      throw_undecryptable(SecretFailure::malformed, "a sops file", "its data key has a wrong length");
    }
  }
  std::string why =
      "none of " + describe(identities) + " is among its " + count_of(metadata.age.size(), "recipient");
  if (!metadata.age.empty()) why += " (" + list_recipients(metadata) + ")";
  if (!metadata.other_keys.empty())
    why += "; its other keys (" + join(metadata.other_keys, ", ") + ") are not usable here";
  throw_undecryptable(SecretFailure::no_match, "a sops file", why);
}

NewDataKey make_data_key(std::span<const Recipient> recipients) {
  NewDataKey out{SecureBuffer(kDataKey), {}};
  ::randombytes_buf(out.key.data(), out.key.size());
  for (const Recipient& recipient : recipients) {
    out.entries.push_back(
        {to_text(recipient), encrypt_age(out.key.bytes(), std::span(&recipient, 1), AgeEncoding::armored)});
  }
  if (out.entries.empty()) {
    throw SecretError(SecretFailure::malformed,
                      ErrorText{"cannot encrypt", "a sops file", {}, "name a recipient"},
                      "there is no recipient");
  }
  return out;
}

}  // namespace hwcsync::secrets
