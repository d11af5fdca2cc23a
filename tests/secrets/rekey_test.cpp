#include "secrets/sops/rekey.hpp"

#include "secrets/age/age.hpp"
#include "secrets/sops/compare.hpp"
#include "secrets/sops/tree_cipher.hpp"
#include "secrets/vault/readers.hpp"
#include "tests/secrets/fixtures.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

namespace hwcsync::secrets {
namespace {

using test::age_identity;
using test::fixture;
using test::reveal;
using test::ssh_identities;

const auto kTime = std::chrono::system_clock::time_point(std::chrono::seconds(1'790'000'000));

std::vector<Recipient> recipients(std::initializer_list<Recipient> list) {
  return list;
}

Recipient age_key() {
  return age_identity()[0].recipient();
}

Recipient ssh_key() {
  return ssh_identities()[0].recipient();
}

std::string encrypted(const std::string& yaml, const std::vector<Recipient>& to) {
  return encrypt_sops(SopsStore::yaml, read_plain(SopsStore::yaml, as_bytes(yaml)), to, kTime);
}

std::string plain(SopsStore store, const std::string& file, std::span<const Identity> identities) {
  return reveal(print_plain(store, decrypt_sops(store, file, identities)));
}

// One identity for each file, so that a removed recipient is one that really cannot.
std::vector<Identity> stranger() {
  std::vector<Identity> out;
  out.push_back(generate_identity());
  return out;
}

std::size_t lines_in_common(const std::string& a, const std::string& b) {
  std::size_t out = 0;
  for (std::size_t at = 0; at < a.size();) {
    const auto end = std::min(a.find('\n', at), a.size());
    if (b.find(a.substr(at, end - at + 1)) != std::string::npos) ++out;
    at = end + 1;
  }
  return out;
}

TEST_CASE("a file of sops in any store is rekeyed without a change of its values") {
  const auto added = stranger();
  const std::array<std::pair<SopsStore, const char*>, 5> files{{{SopsStore::yaml, "all.yaml"},
                                                                {SopsStore::json, "all.json"},
                                                                {SopsStore::dotenv, "app.env"},
                                                                {SopsStore::ini, "all.ini"},
                                                                {SopsStore::binary, "blob.json"}}};
  for (const auto& [store, name] : files) {
    INFO(name);
    const std::string before = fixture(name);
    const std::string after = rekey_sops(store, before, age_identity(),
                                         recipients({age_key(), added[0].recipient()}), DataKey::kept, kTime);
    CHECK(detect_sops_store(after) == store);
    CHECK(fingerprint_sops(store, after) == fingerprint_sops(store, before));
    CHECK(compare_sops(store, before, after, "") == Likeness::same);
    CHECK(plain(store, after, added) == plain(store, before, age_identity()));
    CHECK(plain(store, after, age_identity()) == plain(store, before, age_identity()));
    const std::string removed =
        rekey_sops(store, after, added, recipients({added[0].recipient()}), DataKey::kept, kTime);
    CHECK_THROWS_AS(decrypt_sops(store, removed, age_identity()), SecretError);
    CHECK(plain(store, removed, added) == plain(store, before, age_identity()));
  }
}

TEST_CASE("the entries of recipients that stay are kept byte by byte") {
  const std::string before = encrypted("a: x\n", recipients({age_key(), ssh_key()}));
  const std::string after = rekey_sops(SopsStore::yaml, before, age_identity(),
                                       recipients({ssh_key(), age_key()}), DataKey::kept, kTime);
  const auto lines = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  CHECK(lines_in_common(before, after) == lines);
}

TEST_CASE("a rotated data key leaves the plaintext and opens for nobody who had the old one") {
  const std::string before = fixture("rule-encrypted-regex.yaml");
  const std::string after =
      rekey_sops(SopsStore::yaml, before, age_identity(), recipients({age_key()}), DataKey::renewed, kTime);
  CHECK(plain(SopsStore::yaml, after, age_identity()) == plain(SopsStore::yaml, before, age_identity()));
  CHECK(read_sops(SopsStore::yaml, after).metadata.rules.encrypted_regex ==
        read_sops(SopsStore::yaml, before).metadata.rules.encrypted_regex);
  EncryptedFile mixed = read_sops(SopsStore::yaml, after);
  mixed.metadata.groups = read_sops(SopsStore::yaml, before).metadata.groups;
  CHECK_THROWS_AS(decrypt_tree(std::move(mixed.documents), mixed.metadata, age_identity()), SecretError);
}

TEST_CASE("what cannot be rekeyed whole is refused") {
  const auto refusal = [](SopsStore store, const std::string& file, std::span<const Identity> identities,
                          const std::vector<Recipient>& to) {
    try {
      static_cast<void>(rekey_sops(store, file, identities, to, DataKey::kept, kTime));
    } catch (const SecretError& error) {
      return std::string(error.what());
    }
    return std::string("done");
  };
  CHECK_THAT(refusal(SopsStore::dotenv, fixture("groups.env"), age_identity(), recipients({age_key()})),
             Catch::Matchers::Contains("key groups"));
  CHECK_THAT(refusal(SopsStore::dotenv, fixture("app.env"), stranger(), recipients({age_key()})),
             Catch::Matchers::Contains("no match"));
  CHECK_THAT(refusal(SopsStore::dotenv, fixture("app.env"), age_identity(), {}),
             Catch::Matchers::Contains("no recipient"));
  std::string forged = encrypted("a: x\nb: y\n", recipients({age_key()}));
  const auto line = forged.find("a: ");
  forged.erase(line, forged.find('\n', line) - line + 1);
  CHECK_THAT(refusal(SopsStore::yaml, forged, age_identity(), recipients({age_key(), ssh_key()})),
             Catch::Matchers::Contains("MAC mismatch"));
}

TEST_CASE("what sops updatekeys did is the same, without any key and value by value") {
  CHECK(compare_sops(SopsStore::dotenv, fixture("app.env"), fixture("rekeyed.env"), "") == Likeness::same);
}

TEST_CASE("one changed value of several is a change of that value alone") {
  const std::string before =
      encrypted("a: one\nb:\n  c: two\n  d: [x, y]\ne_unencrypted: 1\n", recipients({age_key()}));
  // As `sops edit` does it: the data key stays, and what did not change keeps its bytes.
  const auto with = [&](const std::string& path, const std::string& value) {
    EncryptedFile file = read_sops(SopsStore::yaml, before);
    const auto donor = read_sops(SopsStore::yaml, encrypted(value, recipients({age_key()})));
    auto* node = const_cast<SopsNode*>(find_path(file.documents, path));
    REQUIRE(node != nullptr);
    node->value = donor.documents.front().items.front().node.value.clone();
    node->type = donor.documents.front().items.front().node.type;
    return print_sops(SopsStore::yaml, std::move(file));
  };
  const auto compare = [&](const std::string& after, const std::string& path) {
    return compare_sops(SopsStore::yaml, before, after, path);
  };
  const std::string longer = with("b/c", "v: longer\n");
  CHECK(compare(longer, "b/c") == Likeness::different);
  CHECK(compare(longer, "b") == Likeness::different);
  CHECK(compare(longer, "a") == Likeness::same);
  CHECK(compare(longer, "b/d") == Likeness::same);
  CHECK(compare(longer, "") == Likeness::different);
  const std::string as_long = with("b/c", "v: TWO\n");
  CHECK(compare(as_long, "b/c") == Likeness::unclear);
  CHECK(compare(as_long, "a") == Likeness::same);
  CHECK(compare(as_long, "") == Likeness::unclear);
  CHECK(compare(with("e_unencrypted", "v_unencrypted: 2\n"), "e_unencrypted") == Likeness::different);
  CHECK(compare(before, "gone") == Likeness::unclear);
  // Encrypted again as a whole: nothing shows.
  const std::string again =
      encrypted("a: one\nb:\n  c: two\n  d: [x, y]\ne_unencrypted: 1\n", recipients({age_key()}));
  CHECK(compare(again, "a") == Likeness::unclear);
  CHECK(compare(again, "e_unencrypted") == Likeness::same);
  CHECK(compare(encrypted("a: one\nb: 2\n", recipients({age_key()})), "") == Likeness::different);
}

TEST_CASE("another ciphertext under the same data key and nonce is another value") {
  const std::string before = encrypted("a: one\n", recipients({age_key()}));
  EncryptedFile file = read_sops(SopsStore::yaml, before);
  SecureBuffer& value = file.documents.front().items.front().node.value;
  const auto at = std::string_view(public_text(value)).find("data:") + 5;
  value.data()[at] = value.data()[at] == 'A' ? 'B' : 'A';
  CHECK(compare_sops(SopsStore::yaml, before, print_sops(SopsStore::yaml, std::move(file)), "a") ==
        Likeness::different);
}

TEST_CASE("an INI file that we wrote is read back") {
  const std::string text = "top = 1\n\n; note\n[db]\npassword = a \"b\" $c\nurl = x;y#z\n";
  const std::string file = encrypt_sops(SopsStore::ini, read_plain(SopsStore::ini, as_bytes(text)),
                                        recipients({age_key()}), kTime);
  CHECK(detect_sops_store(file) == SopsStore::ini);
  const auto back = decrypt_sops(SopsStore::ini, file, age_identity());
  CHECK(reveal(print_plain(SopsStore::ini, back)) ==
        reveal(print_plain(SopsStore::ini, read_plain(SopsStore::ini, as_bytes(text)))));
}

TEST_CASE("values that stand in clear against the rules of their file are found without a key") {
  std::string file = encrypted("a: x\nb:\n  c: y\nd: ''\ne_unencrypted: z\n", recipients({age_key()}));
  const auto clear = [](const std::string& text) {
    EncryptedFile read = read_sops(SopsStore::yaml, text);
    return find_clear_values(std::move(read.documents), read.metadata);
  };
  CHECK(clear(file).empty());
  const auto at = file.find("c: ENC[");
  file.replace(at, file.find('\n', at) - at, "c: 5");
  CHECK(clear(file) == std::vector<std::string>{"b/c"});
}

TEST_CASE("who can read a file shows without a key, as far as its format tells") {
  const Recipient other = generate_identity().recipient();
  const Readers sops(SourceFormat::sops_dotenv, fixture("app.env"));
  CHECK(sops.can_read(age_key()) == CanRead::yes);
  CHECK(sops.can_read(ssh_key()) == CanRead::yes);
  CHECK(sops.can_read(other) == CanRead::no);
  CHECK(sops.are_known());
  CHECK(sops.names().size() == 2);
  // The age key that is derived from an SSH key opens what is for it, and so does the SSH key.
  const Recipient derived = derived_recipient(std::get<SshEd25519Recipient>(ssh_key()));
  CHECK(derived == ssh_identities()[1].recipient());
  const Readers by_derived(SourceFormat::sops_yaml, encrypted("a: x\n", recipients({derived})));
  CHECK(by_derived.can_read(ssh_key()) == CanRead::yes);
  CHECK(by_derived.can_read(age_key()) == CanRead::no);
  // Two of three groups are needed, and no key here is in two.
  const Readers groups(SourceFormat::sops_dotenv, fixture("groups.env"));
  CHECK(groups.can_read(other) == CanRead::no);
  // age hides its own keys and shows four bytes of SSH keys.
  const Readers age(SourceFormat::age, fixture("hello-ssh.age"));
  CHECK(age.can_read(ssh_key()) == CanRead::yes);
  CHECK(age.can_read(age_key()) == CanRead::no);
  const Readers hidden(SourceFormat::age, fixture("hello.age"));
  CHECK(hidden.can_read(age_key()) == CanRead::unclear);
  CHECK_FALSE(hidden.are_known());
  CHECK_THROWS_AS(Readers(SourceFormat::age, "age-encryption.org/v1\n"), SecretError);
}

}  // namespace
}  // namespace hwcsync::secrets
