#include "secrets/arena/secret_error.hpp"
#include "secrets/sops/aes_gcm.hpp"
#include "secrets/sops/dotenv.hpp"
#include "secrets/sops/mac.hpp"
#include "secrets/sops/metadata.hpp"
#include "secrets/sops/scalar.hpp"
#include "secrets/sops/sops_file.hpp"
#include "secrets/sops/timestamp.hpp"
#include "secrets/sops/value.hpp"
#include "tests/secrets/fixtures.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <string>

namespace hwcsync::secrets {
namespace {

using test::age_identity;
using test::conceal;
using test::fixture;
using test::reveal;
using test::ssh_identities;
using Pairs = std::vector<std::pair<std::string, std::string>>;

const auto kTime = std::chrono::system_clock::time_point(std::chrono::seconds(1'790'000'000));

// The variables of a dotenv file.
Pairs decrypt(const std::string& file, const std::vector<Identity>& identities) {
  Pairs out;
  const auto documents = decrypt_sops(SopsStore::dotenv, file, identities);
  for (const DotenvEntry& entry : dotenv_entries(documents.front()))
    out.emplace_back(entry.key, reveal(entry.value));
  return out;
}

std::string encrypt(const Pairs& pairs, const std::vector<Recipient>& recipients) {
  std::vector<SopsNode> documents;
  documents.push_back(SopsNode::map());
  for (const auto& [key, value] : pairs) documents.front().items.push_back({key, SopsNode::scalar(value)});
  return encrypt_sops(SopsStore::dotenv, std::move(documents), recipients, kTime);
}

std::string decrypt_binary(const std::string& file, const std::vector<Identity>& identities) {
  return reveal(print_plain(SopsStore::binary, decrypt_sops(SopsStore::binary, file, identities)));
}

SecretFailure failure_of(const std::string& file, const std::vector<Identity>& identities) {
  try {
    static_cast<void>(decrypt(file, identities));
  } catch (const SecretError& error) {
    return error.failure();
  }
  FAIL("the file was accepted");
  return SecretFailure::unsupported;
}

std::string replace(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

// A line of the file without its newline.
std::string line_of(const std::string& text, const std::string& start) {
  const auto at = text.rfind("\n" + start) + 1;
  return text.substr(at, text.find('\n', at) - at);
}

const Pairs kPlain{{"DB_PASSWORD", "correct horse battery"},
                   {"EMPTY", ""},
                   {"URL", "postgres://u:p@db:5432/x?y=z"},
                   {"UNICODE", "Grüße, 世界"},
                   {"DOLLAR", "pa$$word$HOME #x"},
                   {"MULTI", "first\nsecond"},
                   {"QUOTED", "\"in quotes\""},
                   {"PORT", "8080"},
                   {"HOST_unencrypted", "plain.example"}};

TEST_CASE("a dotenv file of the sops program is read, by either of its recipients") {
  const auto documents = decrypt_sops(SopsStore::dotenv, fixture("app.env"), age_identity());
  CHECK(decrypt(fixture("app.env"), age_identity()) == kPlain);
  CHECK(decrypt(fixture("app.env"), ssh_identities()) == kPlain);
  CHECK(
      reveal(print_plain(SopsStore::dotenv, documents)) ==
      "# a comment above\nDB_PASSWORD=correct horse battery\nEMPTY=\nURL=postgres://u:p@db:5432/x?y=z\n"
      "UNICODE=Grüße, 世界\nDOLLAR=pa$$word$HOME #x\nMULTI=first\\nsecond\nQUOTED=\"in quotes\"\nPORT=8080\n"
      "HOST_unencrypted=plain.example\n# a comment below\n");
}

TEST_CASE("a file whose MAC covers encrypted values only is read, and its clear values may change") {
  const std::string file = fixture("ssh-only.env");
  CHECK(decrypt(file, ssh_identities()) == kPlain);
  const std::string changed = replace(file, "plain.example", "other.example");
  CHECK(decrypt(changed, ssh_identities()).back().second == "other.example");
  CHECK(failure_of(replace(fixture("app.env"), "plain.example", "other.example"), ssh_identities()) ==
        SecretFailure::mac_mismatch);
}

TEST_CASE("a binary file of the sops program is read") {
  const std::string plain("binary \0\1\2 content\nwith lines\n", 30);
  CHECK(decrypt_binary(fixture("blob.json"), age_identity()) == plain);
  CHECK_THROWS_AS(decrypt_binary(fixture("blob.json"), ssh_identities()), SecretError);
}

TEST_CASE("what is written is read back, for every recipient") {
  const Pairs pairs{{"A", "x"}, {"B", ""}, {"C", "line\nline"}, {"D", "back\\slash \" ' $ #"}, {"E", "x"}};
  const std::vector<Recipient> recipients{age_identity()[0].recipient(), ssh_identities()[0].recipient()};
  const std::string file = encrypt(pairs, recipients);
  CHECK(decrypt(file, age_identity()) == pairs);
  CHECK(decrypt(file, ssh_identities()) == pairs);
  CHECK(line_of(file, "sops_lastmodified=") == "sops_lastmodified=2026-09-21T14:13:20Z");
  const std::string blob =
      encrypt_sops(SopsStore::binary, read_plain(SopsStore::binary, as_bytes("blob")), recipients, kTime);
  CHECK(decrypt_binary(blob, ssh_identities()) == "blob");
  CHECK_THROWS_AS(encrypt({{"sops_x", "1"}}, recipients), SecretError);
  CHECK_THROWS_AS(encrypt({{"A=B", "1"}}, recipients), SecretError);
  CHECK_THROWS_AS(encrypt({}, {}), SecretError);
}

TEST_CASE("the names of the variables are listed without a key") {
  std::vector<std::string> names;
  for (const auto& [key, value] : kPlain) names.push_back(key);
  CHECK(list_sops_paths(SopsStore::dotenv, fixture("app.env")) == names);
}

TEST_CASE("the fingerprint stays over sops updatekeys and moves with every value") {
  const std::string file = fixture("app.env");
  const std::string rekeyed = fixture("rekeyed.env");
  CHECK(file != rekeyed);
  CHECK(fingerprint_sops(SopsStore::dotenv, file) == fingerprint_sops(SopsStore::dotenv, rekeyed));
  CHECK(decrypt(rekeyed, age_identity()) == kPlain);
  const std::vector<Recipient> recipients{age_identity()[0].recipient()};
  const auto once = encrypt({{"A", "x"}, {"B", "y"}}, recipients);
  CHECK(fingerprint_sops(SopsStore::dotenv, once) !=
        fingerprint_sops(SopsStore::dotenv, encrypt({{"A", "x"}, {"B", "y"}}, recipients)));
  CHECK(fingerprint_sops(SopsStore::dotenv, replace(file, "plain.example", "other.example")) !=
        fingerprint_sops(SopsStore::dotenv, file));
  CHECK(fingerprint_sops(SopsStore::dotenv, replace(file, "EMPTY=", "EMPTIER=")) !=
        fingerprint_sops(SopsStore::dotenv, file));
}

TEST_CASE("values cannot be moved, swapped, dropped or doubled") {
  const std::vector<Recipient> recipients{age_identity()[0].recipient()};
  const std::string file = encrypt({{"A", "one"}, {"B", "two"}}, recipients);
  const std::string a = line_of("\n" + file, "A=");
  const std::string b = line_of("\n" + file, "B=");
  const auto identities = age_identity();
  CHECK(failure_of(replace(file, a, "C" + a.substr(1)), identities) == SecretFailure::payload_failure);
  CHECK(failure_of(replace(file, a + "\n" + b, b + "\n" + a), identities) == SecretFailure::mac_mismatch);
  CHECK(failure_of(replace(file, a + "\n", ""), identities) == SecretFailure::mac_mismatch);
  CHECK(failure_of(replace(file, a, a + "\n" + a), identities) == SecretFailure::mac_mismatch);
  CHECK(failure_of(replace(file, a, "A=clear"), identities) == SecretFailure::not_encrypted);
  CHECK(failure_of(replace(file, a, a + "x"), identities) == SecretFailure::malformed);
  CHECK(failure_of(replace(file, line_of(file, "sops_mac="), "sops_mac="), identities) ==
        SecretFailure::mac_mismatch);
  CHECK(failure_of(replace(file, "2026-09-21T14:13:20Z", "2026-09-21T14:13:21Z"), identities) ==
        SecretFailure::mac_mismatch);
  CHECK_NOTHROW(decrypt(replace(file, "14:13:20Z", "14:13:20+00:00"), identities));
}

TEST_CASE("every single changed byte is noticed, except where the format authenticates nothing") {
  const std::vector<Recipient> recipients{age_identity()[0].recipient()};
  const Pairs entries{{"A", "one"}, {"B", "two"}, {"C_unencrypted", "three"}};
  const std::string file = "#a comment\n" + encrypt(entries, recipients);
  const auto identities = age_identity();
  const Pairs expected = decrypt(file, identities);
  std::set<std::string> unnoticed;  // the names of the lines
  for (std::size_t i = 0; i < file.size(); ++i) {
    for (const int mask : {1, 2, 32, 128}) {
      std::string changed = file;
      changed[i] = static_cast<char>(changed[i] ^ mask);
      try {
        const Pairs pairs = decrypt(changed, identities);
        const auto start = file.rfind('\n', i == 0 ? 0 : i - 1);
        const std::string line = i == 0 || start == std::string::npos ? file : file.substr(start + 1);
        unnoticed.insert(line.substr(0, line.find_first_of("=\n")));
        // A name in clear is not covered either; its value is.
        CHECK(pairs.size() == expected.size());
        CHECK(pairs.back().second == "three");
      } catch (const SecretError&) {
      }
    }
  }
  CHECK(unnoticed ==
        std::set<std::string>{"#a comment", "C_unencrypted", "sops_unencrypted_suffix", "sops_version"});
}

TEST_CASE("a key that is no recipient is told with both lists") {
  const std::vector<Recipient> recipients{generate_identity().recipient(), generate_identity().recipient()};
  const std::string file = encrypt({{"A", "x"}}, recipients);
  try {
    static_cast<void>(decrypt(file, ssh_identities()));
    FAIL("the file was accepted");
  } catch (const SecretError& error) {
    CHECK(error.failure() == SecretFailure::no_match);
    CHECK_THAT(error.what(), Catch::Matchers::Contains("none of 2 identities (ssh-ed25519 ..."));
    CHECK_THAT(error.what(),
               Catch::Matchers::Contains("is among its 2 recipients (" + to_text(recipients[0]) + ", "));
  }
}

TEST_CASE("a file that is not of sops, or asks for more than we have, says so without quoting it") {
  const auto identities = age_identity();
  CHECK(failure_of("PASSWORD=CANARY\n", identities) == SecretFailure::not_encrypted);
  CHECK(failure_of("CANARY\n", identities) == SecretFailure::malformed);
  try {
    static_cast<void>(decrypt("CANARY\n", identities));
  } catch (const SecretError& error) {
    CHECK(std::string(error.what()).find("CANARY") == std::string::npos);
  }
  const std::string file = fixture("app.env");
  CHECK(failure_of(replace(file, "sops_unencrypted_suffix=_unencrypted", "sops_encrypted_regex=a("),
                   identities) == SecretFailure::malformed);
  CHECK(failure_of(replace(file, "sops_unencrypted_suffix=_unencrypted", "sops_encrypted_regex=\\p{L}"),
                   identities) == SecretFailure::unsupported);
  CHECK(failure_of(file + "sops_encrypted_suffix=_x\n", identities) == SecretFailure::malformed);
  CHECK(failure_of(file + "sops_age__list_7__map_recipient=y\n", identities) == SecretFailure::malformed);
  CHECK(failure_of(file + "sops_mac=x\n", identities) == SecretFailure::malformed);
  CHECK_THROWS_AS(decrypt_binary("CANARY", identities), SecretError);
}

TEST_CASE("typed values count in the spelling of Go") {
  const auto spell = [](std::string_view text, std::string_view name) {
    const auto type = parse_scalar_type(name);
    const auto value = type ? canonical_scalar(conceal(text), *type) : std::nullopt;
    return value ? reveal(*value) : std::string("-");
  };
  CHECK(spell("+007", "int") == "7");
  CHECK(spell("-9223372036854775808", "int") == "-9223372036854775808");
  CHECK(spell("1.5x", "int") == "-");
  CHECK(spell("1e23", "float") == "100000000000000000000000");
  CHECK(spell("5e-324", "float") == "0." + std::string(323, '0') + "5");
  CHECK(spell("-0.0", "float") == "-0");
  CHECK(spell("1.50", "float") == "1.5");
  CHECK(spell("123456.789", "float") == "123456.789");
  CHECK(spell("100", "float") == "100");
  CHECK(spell("0.001", "float") == "0.001");
  CHECK(spell("nan", "float") == "-");
  CHECK(spell("true", "bool") == "True");
  CHECK(spell("0", "bool") == "False");
  CHECK(spell("yes", "bool") == "-");
  CHECK(spell("2024-01-01T00:00:00+00:00", "time") == "2024-01-01T00:00:00Z");
  CHECK(spell("2024-01-01T00:00:00.500+02:00", "time") == "2024-01-01T00:00:00.5+02:00");
  CHECK(spell("2024-13-01T00:00:00Z", "time") == "-");
  CHECK(spell("x", "str") == "x");
  CHECK(spell("x", "surprise") == "-");
  CHECK(canonical_last_modified("2024-01-01T00:00:00.123Z").value() == "2024-01-01T00:00:00Z");
}

TEST_CASE("AES-256-GCM opens what it sealed with a nonce of any length, and nothing else") {
  SecureBuffer key(std::size_t{32});
  AesGcm cipher(key.bytes());
  auto sealed = cipher.seal(as_bytes("value"), "A:");
  CHECK(sealed.nonce.size() == 32);
  CHECK(reveal(cipher.open(sealed.nonce, sealed.ciphertext, sealed.tag, "A:").value()) == "value");
  CHECK_FALSE(cipher.open(sealed.nonce, sealed.ciphertext, sealed.tag, "B:").has_value());
  CHECK_FALSE(cipher.open(std::vector<std::uint8_t>(12), sealed.ciphertext, sealed.tag, "A:").has_value());
  CHECK_FALSE(cipher.open({}, sealed.ciphertext, sealed.tag, "A:").has_value());
  CHECK(reveal(cipher.open(sealed.nonce, sealed.ciphertext, sealed.tag, "A:").value()) == "value");
  // NIST's GCM test case 14: all-zero key, 12-byte nonce and block.
  const std::vector<std::uint8_t> zero(16);
  const std::vector<std::uint8_t> block{0xce, 0xa7, 0x40, 0x3d, 0x4d, 0x60, 0x6b, 0x6e,
                                        0x07, 0x4e, 0xc5, 0xd3, 0xba, 0xf3, 0x9d, 0x18};
  const std::vector<std::uint8_t> tag{0xd0, 0xd1, 0xc8, 0xa7, 0x99, 0x99, 0x6b, 0xf0,
                                      0x26, 0x5b, 0x98, 0xb5, 0xd4, 0x8a, 0xb9, 0x19};
  const auto opened = cipher.open(std::vector<std::uint8_t>(12), block, tag, "");
  REQUIRE(opened.has_value());
  CHECK(equal(opened->bytes(), zero));
}

}  // namespace
}  // namespace hwcsync::secrets
