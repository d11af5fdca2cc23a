#include "secrets/arena/secret_error.hpp"
#include "secrets/identity/bech32.hpp"
#include "secrets/identity/identity_file.hpp"
#include "tests/secrets/fixtures.hpp"
#include "tests/support/catch.hpp"

#include <string>

namespace hwcsync::secrets {
namespace {

using test::age_identity;
using test::fixture;
using test::reveal;
using test::ssh_identities;

// What the message says about a file that must be refused.
std::string refusal(const std::string& content) {
  try {
    static_cast<void>(parse_identities(as_bytes(content), "/keys/host"));
  } catch (const SecretError& error) {
    return error.what();
  }
  FAIL("the file was accepted");
  return {};
}

std::string public_line() {
  std::string text = fixture("id_ed25519.pub");
  text.pop_back();
  return text;
}

TEST_CASE("an identity file gives the recipient that age-keygen wrote into its comment") {
  const std::string text = fixture("key.txt");
  const std::string marker = "# public key: ";
  const auto start = text.find(marker) + marker.size();
  const auto identities = age_identity();
  REQUIRE(identities.size() == 1);
  CHECK(to_text(identities[0].recipient()) == text.substr(start, text.find('\n', start) - start));
  CHECK(identities[0].origin.find("key.txt:3") != std::string::npos);
  const auto secret = identity_text(std::get<X25519Identity>(identities[0].key));
  CHECK(text.find(reveal(secret)) != std::string::npos);
}

TEST_CASE("an OpenSSH key gives two identities, and the SSH one is its public key") {
  const auto identities = ssh_identities();
  REQUIRE(identities.size() == 2);
  CHECK(public_line().starts_with(to_text(identities[0].recipient()) + " "));
  CHECK(to_text(identities[1].recipient()).starts_with("age1"));
  const auto& ssh = std::get<SshEd25519Identity>(identities[0].key);
  CHECK(ssh.montgomery == std::get<X25519Identity>(identities[1].key).recipient.key);
}

TEST_CASE("recipients are read and written back") {
  for (const Identity& identity : ssh_identities()) {
    CHECK(parse_recipient(to_text(identity.recipient())) == identity.recipient());
  }
  CHECK(parse_recipient(" " + public_line() + "\n") == ssh_identities()[0].recipient());
}

TEST_CASE("a recipient that is damaged or of another kind says which") {
  const std::string good = to_text(age_identity()[0].recipient());
  std::string changed = good;
  changed[10] = changed[10] == 'q' ? 'p' : 'q';
  CHECK_THROWS_WITH(parse_recipient(changed), Catch::Matchers::Contains("malformed"));
  CHECK_THROWS_WITH(parse_recipient(""), Catch::Matchers::Contains("malformed"));
  CHECK_THROWS_WITH(parse_recipient("ssh-ed25519 AAAA"), Catch::Matchers::Contains("malformed"));
  CHECK_THROWS_WITH(parse_recipient("ssh-rsa AAAAB3NzaC1yc2E="), Catch::Matchers::Contains("malformed"));
  CHECK_THROWS_WITH(parse_recipient("ecdsa-sha2-nistp256 AAAA"),
                    Catch::Matchers::Contains("this version cannot"));
  CHECK_THROWS_WITH(parse_recipient("age1yubikey1qwerty"), Catch::Matchers::Contains("malformed"));
  const SecureBuffer plugin = encode_bech32("age1yubikey", as_bytes("x"), LetterCase::lower);
  CHECK(std::holds_alternative<ProgramRecipient>(parse_recipient(reveal(plugin))));
  const SecureBuffer path = encode_bech32("age1../x", as_bytes("x"), LetterCase::lower);
  CHECK_THROWS_WITH(parse_recipient(reveal(path)), Catch::Matchers::Contains("malformed"));
}

TEST_CASE("bech32 knows its own check sum and no mixed case") {
  const auto text = encode_bech32("age", as_bytes("0123456789abcdef0123456789abcdef"), LetterCase::lower);
  CHECK(reveal(decode_bech32("age", text.bytes()).value()) == "0123456789abcdef0123456789abcdef");
  CHECK_FALSE(decode_bech32("agf", text.bytes()).has_value());
  std::string mixed = reveal(text);
  mixed[6] = 'Q';
  CHECK_FALSE(decode_bech32("age", as_bytes(mixed)).has_value());
  std::string all_upper;
  for (const char c : reveal(text)) all_upper += static_cast<char>(std::toupper(c));
  CHECK(decode_bech32("age", as_bytes(all_upper)).has_value());
  // BIP 173: a valid string without data.
  CHECK(decode_bech32("a", as_bytes("A12UEL5L")).value().empty());
}

TEST_CASE("no single changed character of an identity is accepted") {
  const std::string line = reveal(identity_text(std::get<X25519Identity>(age_identity()[0].key)));
  for (std::size_t i = 0; i < line.size(); ++i) {
    std::string changed = line;
    changed[i] = changed[i] == 'Q' ? 'P' : 'Q';
    CHECK_THROWS_AS(parse_identities(as_bytes(changed), "x"), SecretError);
  }
}

TEST_CASE("a bad line is named by file and number and never quoted") {
  const std::string text = "# comment\n\nAGE-SECRET-KEY-1CANARY\n";
  const std::string message = refusal(text);
  CHECK_THAT(message, Catch::Matchers::Contains("/keys/host:3"));
  CHECK(message.find("CANARY") == std::string::npos);
  CHECK_THAT(refusal("password: CANARY\n"), Catch::Matchers::Contains("/keys/host:1"));
  CHECK(refusal("password: CANARY\n").find("CANARY") == std::string::npos);
  CHECK_THAT(refusal("# nothing\n"), Catch::Matchers::Contains("no identity"));
  CHECK_THAT(refusal("AGE-PLUGIN-YUBIKEY-1XXX\n"), Catch::Matchers::Contains("check sum"));
  CHECK_THAT(refusal("AGE-PLUGIN-1XXX\n"), Catch::Matchers::Contains("the plugin's name is missing"));
  CHECK_THAT(refusal("AGE-SECRET-KEY-PQ-1XXX\n"), Catch::Matchers::Contains("check sum"));
  const SecureBuffer pq = encode_bech32("age-secret-key-pq-", Bytes(as_bytes("x")), LetterCase::upper);
  const auto read = parse_identities(pq.bytes(), "x");
  CHECK(std::get<ProgramIdentity>(read.at(0).key).name == "pq");
  CHECK(read[0].fits("age1pq1abc"));
  CHECK_FALSE(read[0].fits("age1yubikey1abc"));
  CHECK_THAT(refusal("age-encryption.org/v1\n-> scrypt"), Catch::Matchers::Contains("encrypted themselves"));
}

TEST_CASE("an OpenSSH key that was cut or changed is refused") {
  const std::string key = fixture("id_ed25519");
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < key.size(); ++i) {
    std::string changed = key;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    try {
      const auto identities = parse_identities(as_bytes(changed), "x");
      // The comment, the check numbers' equal halves and the like carry no key: what is read must still be
      // it.
      CHECK(identities[0].recipient() == ssh_identities()[0].recipient());
      ++accepted;
    } catch (const SecretError&) {
    }
  }
  CHECK(accepted < 40);
  for (std::size_t size = 1; size + 2 < key.size(); ++size) {
    CHECK_THROWS_AS(parse_identities(as_bytes(key.substr(0, size)), "x"), SecretError);
  }
  CHECK_THAT(refusal("-----BEGIN RSA PRIVATE KEY-----\n"), Catch::Matchers::Contains("malformed"));
  CHECK_THAT(refusal("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"),
             Catch::Matchers::Contains("protected by a passphrase"));
}

}  // namespace
}  // namespace hwcsync::secrets
