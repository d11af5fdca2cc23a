#include "secrets/vault/readers.hpp"

#include "secrets/age/armor.hpp"
#include "secrets/age/header.hpp"
#include "secrets/age/wrap.hpp"
#include "secrets/arena/secret_error.hpp"
#include "secrets/identity/wire.hpp"
#include "secrets/vault/source.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <optional>

namespace hwcsync::secrets {
namespace {

std::optional<Recipient> try_parse(const std::string& text) {
  try {
    return parse_recipient(text);
  } catch (const SecretError&) {
    return std::nullopt;
  }
}

// The age1... key of an SSH key, which an identity made of that key opens as well.
std::optional<Recipient> derived_of(const Recipient& recipient) {
  const auto* ssh = std::get_if<SshEd25519Recipient>(&recipient);
  return ssh == nullptr ? std::nullopt : std::optional<Recipient>(derived_recipient(*ssh));
}

std::optional<std::string> tag_of(const Recipient& recipient) {
  if (const auto* ssh = std::get_if<SshEd25519Recipient>(&recipient))
    return ssh_tag(ssh_public_key_wire("ssh-ed25519", ssh->key));
  if (const auto* rsa = std::get_if<SshRsaRecipient>(&recipient)) return ssh_tag(rsa->wire);
  return std::nullopt;
}

bool has(const KeyGroup& group, const Recipient& wanted) {
  return std::ranges::any_of(group.age, [&](const AgeRecipientEntry& entry) {
    const auto recipient = try_parse(entry.recipient);
    return recipient && *recipient == wanted;
  });
}

}  // namespace

Readers::Readers(SourceFormat format, std::string_view ciphertext) {
  if (format == SourceFormat::age) {
    read_age_file(ciphertext);
  } else {
    read_sops_file(format, ciphertext);
  }
}

void Readers::read_sops_file(SourceFormat format, std::string_view ciphertext) {
  Metadata metadata = read_sops(*store_of(format), ciphertext).metadata;
  groups_ = std::move(metadata.groups);
  needed_ = metadata.threshold == 0 ? groups_.size() : metadata.threshold;
  if (groups_.size() == 1) needed_ = 1;
  for (const KeyGroup& group : groups_) {
    for (const AgeRecipientEntry& entry : group.age) {
      const auto recipient = try_parse(entry.recipient);
      names_.push_back(recipient ? to_short_text(*recipient) : printable(entry.recipient));
    }
    other_keys_.insert(other_keys_.end(), group.other_keys.begin(), group.other_keys.end());
  }
  names_.insert(names_.end(), other_keys_.begin(), other_keys_.end());
}

void Readers::read_age_file(std::string_view ciphertext) {
  const Bytes file = as_bytes(ciphertext);
  const std::vector<std::uint8_t> binary =
      looks_armored(file) ? dearmor(file) : std::vector<std::uint8_t>(file.begin(), file.end());
  hidden_ = true;
  std::size_t x25519 = 0;
  for (const Stanza& stanza : parse_header(binary).stanzas) {
    if (stanza.type.starts_with("ssh-") && !stanza.arguments.empty()) {
      ssh_tags_.push_back(stanza.arguments.front());
      names_.push_back(stanza.type + " (tag " + stanza.arguments.front() + ")");
    } else if (stanza.type == "X25519") {
      ++x25519;
    } else if (stanza.type == "scrypt") {
      names_.emplace_back("a passphrase");
    } else if (!stanza.type.ends_with("-grease")) {
      ++hidden_keys_;
      names_.push_back("a key of " + printable(stanza.type));
    }
  }
  hidden_keys_ += x25519;
  if (x25519 > 0) names_.insert(names_.begin(), count_of(x25519, "age key"));
}

CanRead Readers::can_read(const Recipient& recipient) const {
  if (hidden_) return can_read_age(recipient);
  const auto derived = derived_of(recipient);
  const auto opened = static_cast<std::size_t>(std::ranges::count_if(groups_, [&](const KeyGroup& group) {
    return has(group, recipient) || (derived && has(group, *derived));
  }));
  return opened >= needed_ && opened > 0 ? CanRead::yes : CanRead::no;
}

CanRead Readers::can_read_age(const Recipient& recipient) const {
  const auto tag = tag_of(recipient);
  if (tag && std::ranges::find(ssh_tags_, *tag) != ssh_tags_.end()) return CanRead::yes;
  const bool leaves_nothing = !std::holds_alternative<SshRsaRecipient>(recipient);
  return leaves_nothing && hidden_keys_ > 0 ? CanRead::unclear : CanRead::no;
}

}  // namespace hwcsync::secrets
