#include "secrets/age/age.hpp"

#include "secrets/age/armor.hpp"
#include "secrets/age/header.hpp"
#include "secrets/identity/identity_file.hpp"
#include "tests/secrets/fixtures.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

namespace hwcsync::secrets {
namespace {

using test::age_identity;
using test::conceal;
using test::fixture;
using test::reveal;
using test::ssh_identities;

std::vector<Identity> one(Identity identity) {
  std::vector<Identity> out;
  out.push_back(std::move(identity));
  return out;
}

SecretFailure failure_of(std::string_view file, const std::vector<Identity>& identities) {
  try {
    static_cast<void>(decrypt_age(as_bytes(file), identities));
  } catch (const SecretError& error) {
    return error.failure();
  }
  FAIL("the file was accepted");
  return SecretFailure::malformed;
}

TEST_CASE("what is encrypted to a recipient is decrypted by its identity, for every length near a chunk") {
  const auto identities = one(generate_identity());
  const std::vector<Recipient> recipients{identities[0].recipient()};
  for (const std::size_t size : {0UL, 1UL, 15UL, 65535UL, 65536UL, 65537UL, 131072UL, 200000UL}) {
    std::string text(size, 'x');
    for (std::size_t i = 0; i < size; i += 7) text[i] = static_cast<char>(i);
    for (const auto encoding : {AgeEncoding::binary, AgeEncoding::armored}) {
      const std::string file = encrypt_age(conceal(text).bytes(), recipients, encoding);
      CHECK(looks_armored(as_bytes(file)) == (encoding == AgeEncoding::armored));
      CHECK(reveal(decrypt_age(as_bytes(file), identities)) == text);
    }
  }
}

TEST_CASE("files of the age program are read") {
  CHECK(reveal(decrypt_age(as_bytes(fixture("hello.age")), age_identity())) == "hello from age\n");
  CHECK(reveal(decrypt_age(as_bytes(fixture("hello-ssh.age")), ssh_identities())) == "hello from age\n");
}

TEST_CASE("a key that is no recipient gives no match, with the names of both sides") {
  try {
    static_cast<void>(decrypt_age(as_bytes(fixture("hello.age")), ssh_identities()));
    FAIL("the file was accepted");
  } catch (const SecretError& error) {
    CHECK(error.failure() == SecretFailure::no_match);
    CHECK_THAT(error.what(),
               Catch::Matchers::StartsWith("cannot decrypt an age file: no match: none of 2 identities"));
    CHECK_THAT(error.what(), Catch::Matchers::Contains(to_text(ssh_identities()[1].recipient())));
  }
  CHECK(failure_of(fixture("hello-ssh.age"), age_identity()) == SecretFailure::no_match);
}

TEST_CASE("one host key serves as SSH identity and as the X25519 identity derived from it") {
  const auto identities = ssh_identities();
  for (const Identity& identity : identities) {
    const std::vector<Recipient> recipients{identity.recipient()};
    const std::string file = encrypt_age(as_bytes("both"), recipients, AgeEncoding::binary);
    CHECK(reveal(decrypt_age(as_bytes(file), identities)) == "both");
  }
}

TEST_CASE("each recipient of several can decrypt") {
  auto first = one(generate_identity());
  const auto ssh = ssh_identities();
  const std::vector<Recipient> recipients{generate_identity().recipient(), ssh[0].recipient(),
                                          first[0].recipient()};
  const std::string file = encrypt_age(as_bytes("shared"), recipients, AgeEncoding::binary);
  CHECK(reveal(decrypt_age(as_bytes(file), first)) == "shared");
  CHECK(reveal(decrypt_age(as_bytes(file), ssh)) == "shared");
}

TEST_CASE("no single changed byte of a binary file is accepted") {
  const auto identities = one(generate_identity());
  const std::vector<Recipient> recipients{identities[0].recipient(), ssh_identities()[0].recipient()};
  const std::string file = encrypt_age(as_bytes("a small secret"), recipients, AgeEncoding::binary);
  for (std::size_t i = 0; i < file.size(); ++i) {
    for (const int mask : {1, 2, 4, 8, 16, 32, 64, 128}) {
      std::string changed = file;
      changed[i] = static_cast<char>(changed[i] ^ mask);
      INFO("byte " << i << " with " << mask);
      CHECK_THROWS_AS(decrypt_age(as_bytes(changed), identities), SecretError);
    }
  }
  for (std::size_t size = 0; size < file.size(); ++size) {
    CHECK_THROWS_AS(decrypt_age(as_bytes(file.substr(0, size)), identities), SecretError);
  }
  CHECK(failure_of(file + "x", identities) == SecretFailure::payload_failure);
}

TEST_CASE("of an armored file only white space after a line's end may change unnoticed") {
  const auto identities = one(generate_identity());
  const std::vector<Recipient> recipients{identities[0].recipient()};
  const std::string file = encrypt_age(as_bytes("a small secret"), recipients, AgeEncoding::armored);
  for (std::size_t i = 0; i < file.size(); ++i) {
    std::string changed = file;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    INFO("byte " << i);
    CHECK_THROWS_AS(decrypt_age(as_bytes(changed), identities), SecretError);
  }
  std::string dos;
  for (const char c : file) dos += c == '\n' ? std::string("\r\n") : std::string(1, c);
  CHECK(reveal(decrypt_age(as_bytes(dos), identities)) == "a small secret");
  CHECK(reveal(decrypt_age(as_bytes("\n \n" + file + "\n\n"), identities)) == "a small secret");
  CHECK(failure_of(file + "x", identities) == SecretFailure::armor_failure);
  CHECK(failure_of(file.substr(0, file.size() - 10), identities) == SecretFailure::armor_failure);
  CHECK(failure_of("-----BEGIN AGE ENCRYPTED FILE-----\n-----END AGE ENCRYPTED FILE-----\n", identities) ==
        SecretFailure::header_failure);
}

TEST_CASE("each class of failure has its place in the file") {
  const auto identities = age_identity();
  const std::string file = fixture("hello.age");
  const std::size_t mac = file.find("--- ") + 4;
  std::string changed = file;
  changed[mac] = changed[mac] == 'A' ? 'B' : 'A';
  CHECK(failure_of(changed, identities) == SecretFailure::hmac_failure);
  changed = file;
  changed.back() = static_cast<char>(changed.back() ^ 1);
  CHECK(failure_of(changed, identities) == SecretFailure::payload_failure);
  CHECK(failure_of("hello", identities) == SecretFailure::header_failure);
  CHECK(failure_of("", identities) == SecretFailure::header_failure);
  CHECK(failure_of(file.substr(0, mac + 44 + 10), identities) == SecretFailure::header_failure);
}

TEST_CASE("headers that bend the grammar are refused") {
  const std::string share = "TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc";
  const std::string body = "EmECAEcKN+n/Vs9SbWiV+Hu0r+E8R77DdWYyd83nw7U";
  const std::string mac = "--- EmECAEcKN+n/Vs9SbWiV+Hu0r+E8R77DdWYyd83nw7U\n";
  const std::string start = "age-encryption.org/v1\n";
  const std::string good = start + "-> X25519 " + share + "\n" + body + "\n" + mac;
  const auto identities = age_identity();
  CHECK(failure_of(good, identities) == SecretFailure::no_match);
  const std::vector<std::string> bad{
      "age-encryption.org/v2\n" + good.substr(start.size()),
      start + mac,
      start + "-> X25519  " + share + "\n" + body + "\n" + mac,
      start + "-> X25519 " + share + " \n" + body + "\n" + mac,
      start + "->\n" + body + "\n" + mac,
      start + "-> X25519 " + share + "\r\n" + body + "\n" + mac,
      start + "-> X25519 " + share + "\n" + body + "=\n" + mac,
      start + "-> X25519 " + share + "=\n" + body + "\n" + mac,
      start + "-> X25519 " + share + " extra\n" + body + "\n" + mac,
      start + "-> X25519\n" + body + "\n" + mac,
      start + "-> X25519 " + share + "\n" + body + body + "\n" + mac,
      start + "-> X25519 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n" + body + "\n" + mac,  // low order
      start + "-> X25519 " + share + "\n" + body + "\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 10\n" + body + "\n" +
          mac,
      start + "-> X25519 " + share + "\n" + body + "\n--- AAAA\n",
      start + "-> X25519 " + share + "\n" + body + "\n" + mac.substr(0, mac.size() - 1),
      start + "-> X25519 " + share + "\n" + body + "\n---" + mac.substr(4),
  };
  for (const std::string& file : bad) {
    INFO(file);
    CHECK(failure_of(file, identities) == SecretFailure::header_failure);
  }
}

TEST_CASE("stanzas of unknown types are passed over, and files of other kinds only are told plainly") {
  const std::string body = "EmECAEcKN+n/Vs9SbWiV+Hu0r+E8R77DdWYyd83nw7U\n";
  const std::string mac = "--- " + body;
  const std::string start = "age-encryption.org/v1\n";
  CHECK(failure_of(start + "-> x25519 AAAA\n" + body + mac, age_identity()) == SecretFailure::no_match);
  CHECK(failure_of(start + "-> scrypt AAAAAAAAAAAAAAAAAAAAAA 10\n" + body + mac, age_identity()) ==
        SecretFailure::no_match);
  CHECK(failure_of(start + "-> ssh-rsa AAAAAA\n" + body + mac, age_identity()) == SecretFailure::no_match);
  CHECK(failure_of(start + "-> mlkem768x25519 AAAAAA\n" + body + mac, age_identity()) ==
        SecretFailure::unsupported);
}

TEST_CASE("of thousands of unknown stanzas with long names some are told, and in part") {
  const std::string body = "EmECAEcKN+n/Vs9SbWiV+Hu0r+E8R77DdWYyd83nw7U\n";
  std::string file = "age-encryption.org/v1\n";
  for (int i = 0; i < 4000; ++i) file += "-> " + std::string(100, 'y') + "\n" + body;
  file += "--- " + body;
  try {
    static_cast<void>(decrypt_age(as_bytes(file), age_identity()));
    FAIL("accepted");
  } catch (const SecretError& error) {
    CHECK_THAT(error.what(), Catch::Matchers::Contains("and 3992 more"));
    CHECK(std::string(error.what()).size() < 2000);
  }
}

std::vector<Identity> passphrase(std::string_view text) {
  std::vector<Identity> out;
  out.push_back({"typed", PassphraseIdentity{conceal(text)}});
  return out;
}

TEST_CASE("a passphrase opens what was made with it, and no work factor is computed beyond the bound") {
  const PassphraseIdentity key{conceal("correct horse")};
  const std::string file = encrypt_age(as_bytes("text"), key, AgeEncoding::armored, 10);
  CHECK(needs_passphrase(as_bytes(file)));
  CHECK_FALSE(needs_passphrase(as_bytes(fixture("hello.age"))));
  CHECK(reveal(decrypt_age(as_bytes(file), passphrase("correct horse"))) == "text");
  CHECK(failure_of(file, passphrase("wrong")) == SecretFailure::no_match);
  CHECK(failure_of(file, age_identity()) == SecretFailure::no_match);
  const std::string huge =
      "age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 21\n"
      "EmECAEcKN+n/Vs9SbWiV+Hu0r+E8R77DdWYyd83nw7U\n--- EmECAEcKN+n/Vs9SbWiV+Hu0r+E8R77DdWYyd83nw7U\n";
  CHECK(failure_of(huge, passphrase("x")) == SecretFailure::header_failure);
}

TEST_CASE("an RSA key of SSH opens what is written to it, from every format of the key") {
  const auto rsa =
      load_identities(std::string(std::getenv("HWCSYNC_SOURCE_DIR")) + "/tests/secrets/fixtures/id_rsa");
  REQUIRE(rsa.size() == 1);
  const Recipient recipient = parse_recipient(fixture("id_rsa.pub"));
  CHECK(rsa[0].recipient() == recipient);
  CHECK(reveal(decrypt_age(as_bytes(fixture("hello-rsa.age")), rsa)) == "hello\n");
  for (const char* name : {"id_rsa", "id_rsa.pkcs1", "id_rsa.pkcs8"}) {
    INFO(name);
    const auto read = parse_identities(as_bytes(fixture(name)), name);
    CHECK(read[0].recipient() == recipient);
    const std::vector<Recipient> recipients{recipient, age_identity()[0].recipient()};
    const std::string file = encrypt_age(as_bytes("text"), recipients, AgeEncoding::binary);
    CHECK(reveal(decrypt_age(as_bytes(file), read)) == "text");
    CHECK(reveal(decrypt_age(as_bytes(file), age_identity())) == "text");
    CHECK(failure_of(file, ssh_identities()) == SecretFailure::no_match);
  }
  const auto ed25519 = parse_identities(as_bytes(fixture("id_ed25519.pkcs8")), "x");
  REQUIRE(ed25519.size() == 2);
  CHECK(ed25519[0].recipient() == ssh_identities()[0].recipient());
  CHECK(ed25519[1].recipient() == ssh_identities()[1].recipient());
}

TEST_CASE("a header is written as it was read") {
  const std::string file = fixture("hello.age");
  const Header header = parse_header(as_bytes(file));
  CHECK(format_header(header.stanzas) == file.substr(0, header.authenticated.size()));
  const Stanza full{"x", {}, std::vector<std::uint8_t>(48, 7)};
  CHECK(format_header({full}) == "age-encryption.org/v1\n-> x\n" +
                                     std::string(16, 'B').replace(0, 16, "BwcHBwcHBwcHBwcH") +
                                     "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH\n\n---");
}

TEST_CASE("a file without a recipient is not written") {
  CHECK_THROWS_AS(encrypt_age(as_bytes("x"), {}, AgeEncoding::binary), SecretError);
}

}  // namespace
}  // namespace hwcsync::secrets
