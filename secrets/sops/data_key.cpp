#include "secrets/sops/data_key.hpp"

#include "secrets/age/age.hpp"
#include "secrets/sops/shamir.hpp"
#include "src/base/text.hpp"

#include <sodium.h>

#include <utility>

namespace hwcsync::secrets {
namespace {

constexpr std::string_view kSubject = "a sops file";
constexpr std::size_t kDataKey = 32;

// An SSH key is long and begins like any other of its kind; type and end tell it apart.
std::string shorten(std::string_view recipient) {
  const auto words = split(trim(recipient), ' ');
  if (words.size() < 2 || words[1].size() <= 12) return std::string(recipient);
  return words[0] + " ..." + words[1].substr(words[1].size() - 12);
}

std::string list_recipients(const KeyGroup& group) {
  std::vector<std::string> texts;
  for (const AgeRecipientEntry& entry : group.age) texts.push_back(shorten(entry.recipient));
  return join(texts, ", ");
}

// The group's part of the data key, from the entry that names one of the identities.
std::optional<SecureBuffer> unwrap_part(const KeyGroup& group, std::span<const Identity> identities) {
  for (const Identity& identity : identities) {
    for (const AgeRecipientEntry& entry : group.age) {
      if (!identity.fits(entry.recipient)) continue;
      try {
        return decrypt_age(as_bytes(entry.enc), std::span(&identity, 1));
      } catch (const SecretError& error) {
        // Of a key that only the program knows, several recipients may look like its own.
        const bool certain = !std::holds_alternative<ProgramIdentity>(identity.key);
        if (certain || error.failure() != SecretFailure::no_match) throw;
      }
    }
  }
  return std::nullopt;
}

std::string why_not(const KeyGroup& group, std::span<const Identity> identities) {
  std::string out =
      "none of " + describe(identities) + " is among its " + count_of(group.age.size(), "recipient");
  if (!group.age.empty()) out += " (" + list_recipients(group) + ")";
  if (!group.other_keys.empty())
    out += "; its other keys (" + join(group.other_keys, ", ") + ") are not usable here";
  return out;
}

SecureBuffer check_length(SecureBuffer key) {
  if (key.size() == kDataKey) return key;
  throw_undecryptable(SecretFailure::malformed, kSubject, "its data key has a wrong length");
}

}  // namespace

SecureBuffer unwrap_data_key(const Metadata& metadata, std::span<const Identity> identities) {
  if (metadata.groups.size() == 1) {
    if (auto key = unwrap_part(metadata.groups.front(), identities)) return check_length(std::move(*key));
    throw_undecryptable(SecretFailure::no_match, kSubject, why_not(metadata.groups.front(), identities));
  }
  const std::size_t needed = metadata.threshold == 0 ? metadata.groups.size() : metadata.threshold;
  std::vector<SecureBuffer> parts;
  std::vector<std::string> closed;
  for (std::size_t i = 0; i < metadata.groups.size() && parts.size() < needed; ++i) {
    auto part = unwrap_part(metadata.groups[i], identities);
    if (part) {
      parts.push_back(std::move(*part));
    } else {
      closed.push_back("group " + std::to_string(i + 1) + ": " + why_not(metadata.groups[i], identities));
    }
  }
  if (parts.size() < needed) {
    throw_undecryptable(SecretFailure::no_match, kSubject,
                        std::to_string(needed) + " of its " + std::to_string(metadata.groups.size()) +
                            " key groups are needed and " + std::to_string(parts.size()) +
                            " can be opened; " + join(closed, "; "));
  }
  auto key = combine_shares(parts);
  if (!key)
    throw_undecryptable(SecretFailure::malformed, kSubject, "the shares of its data key do not fit together");
  return check_length(std::move(*key));
}

AgeRecipientEntry wrap_data_key(Bytes key, const Recipient& recipient) {
  return {to_text(recipient), encrypt_age(key, std::span(&recipient, 1), AgeEncoding::armored)};
}

NewDataKey make_data_key(std::span<const Recipient> recipients) {
  NewDataKey out{SecureBuffer(kDataKey), {}};
  ::randombytes_buf(out.key.data(), out.key.size());
  for (const Recipient& recipient : recipients)
    out.entries.push_back(wrap_data_key(out.key.bytes(), recipient));
  if (out.entries.empty()) {
    throw SecretError(SecretFailure::malformed,
                      ErrorText{"cannot encrypt", "a sops file", {}, "name a recipient"},
                      "there is no recipient");
  }
  return out;
}

}  // namespace hwcsync::secrets
