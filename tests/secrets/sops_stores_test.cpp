// The stores and rules of sops, by files that the sops program wrote (tests/secrets/fixtures/make.sh).
#include "secrets/arena/secret_error.hpp"
#include "secrets/sops/pattern.hpp"
#include "secrets/sops/printer.hpp"
#include "secrets/sops/scalar.hpp"
#include "secrets/sops/shamir.hpp"
#include "secrets/sops/sops_file.hpp"
#include "secrets/sops/yaml_reader.hpp"
#include "tests/secrets/fixtures.hpp"
#include "tests/secrets/random_tree.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <string>

namespace hwcsync::secrets {
namespace {

using test::age_identity;
using test::conceal;
using test::fixture;
using test::reveal;
using test::ssh_identities;

const auto kTime = std::chrono::system_clock::time_point(std::chrono::seconds(1'790'000'000));

std::vector<Identity> both_identities() {
  auto out = age_identity();
  for (Identity& identity : ssh_identities()) out.push_back(std::move(identity));
  return out;
}

std::string json_of(const std::vector<SopsNode>& documents) {
  std::string out;
  for (const SopsNode& document : documents) out += reveal(print_compact_json(document)) + "\n";
  return out;
}

std::string yaml(const std::string& text) {
  return json_of(read_yaml(conceal(text).bytes(), "cannot encrypt"));
}

std::string refusal(const std::string& text) {
  try {
    static_cast<void>(read_yaml(conceal(text).bytes(), "cannot encrypt"));
  } catch (const SecretError& error) {
    return error.text().reason;
  }
  return "accepted";
}

bool matches(std::string_view pattern, std::string_view text) {
  return Pattern(pattern).search(as_bytes(text));
}

const std::string kAll =
    "{\"postgres\":{\"password\":\"s3cret: x # y\",\"port\":5432,\"ratio\":1.5,\"big\":1e+23,\"on\":true,"
    "\"host_unencrypted\":\"db.example\",\"count_unencrypted\":31,\"when_unencrypted\":\"2024-01-01T00:00:"
    "00Z\","
    "\"none\":null,\"when\":\"2024-01-01T10:00:00.5+02:00\",\"yes\":\"yes\",\"empty\":\"\","
    "\"list\":[\"a\",\"b\",3,{\"x\":1,\"y\":[[1,2]]}],\"multi\":\"first\\n  "
    "second\\n\\nthird\\n\"},\"z\":\"it's\","
    "\"anchors\":{\"q\":1},\"use\":{\"q\":1},\"emptymap\":{},\"emptylist\":[],\"ünï\":\"grüße\"}\n"
    "{\"second\":\"doc\"}\n{\"third\":3}\n";

TEST_CASE("a YAML file of sops is read with every type, its comments, aliases and documents") {
  const auto documents = decrypt_sops(SopsStore::yaml, fixture("all.yaml"), age_identity());
  CHECK(json_of(documents) == kAll);
  CHECK(json_of(decrypt_sops(SopsStore::yaml, fixture("all.yaml"), ssh_identities())) == kAll);
  const std::string printed = reveal(print_plain(SopsStore::yaml, documents));
  for (const char* comment : {"# above everything\n", "    # the password\n    password:",
                              "        # inside a list\n", "# before z\nz:"}) {
    CHECK_THAT(printed, Catch::Matchers::Contains(comment));
  }
  CHECK(yaml(printed) == kAll);
}

TEST_CASE("merge keys stay keys, with the tag that sops writes before them") {
  const std::string all =
      "{\"base\":{\"x\":\"one\",\"n\":1},\"app\":{\"<<\":{\"x\":\"one\",\"n\":1},\"y\":\"two\"},"
      "\"both\":{\"<<\":[{\"x\":\"one\",\"n\":1},{\"x\":\"one\",\"n\":1}]},"
      "\"flow\":{\"<<\":{\"x\":\"one\",\"n\":1},\"z\":\"three\"}}\n";
  const auto documents = decrypt_sops(SopsStore::yaml, fixture("merge.yaml"), age_identity());
  CHECK(json_of(documents) == all);
  const std::string printed = reveal(print_plain(SopsStore::yaml, documents));
  CHECK_THAT(printed, Catch::Matchers::Contains("    !!merge <<:\n"));
  CHECK(yaml(printed) == all);
  CHECK(yaml("b: &b\n  x: 1\na:\n  <<: *b\n") == "{\"b\":{\"x\":1},\"a\":{\"<<\":{\"x\":1}}}\n");
  CHECK_THAT(refusal("a:\n  !!merge b: 1\n"), Catch::Matchers::Contains("a merge tag before another key"));
}

TEST_CASE("an INI comment of nothing but marks is none, as for sops") {
  const auto read = [](const std::string& text) {
    return reveal(print_plain(SopsStore::ini, read_plain(SopsStore::ini, conceal(text).bytes())));
  };
  CHECK(read("; ;\n[a]\n;\nb = 1\n# #\n") == "[a]\nb = 1\n");
  CHECK(read("; ; x\n[a]\nb = 1\n") == "; x\n[a]\nb = 1\n");
}

TEST_CASE("JSON and INI files of sops are read") {
  const auto json = decrypt_sops(SopsStore::json, fixture("all.json"), age_identity());
  CHECK(json_of(json) ==
        "{\"a\":\"text\",\"n\":1,\"f\":1.5,\"t\":true,\"z\":null,\"big\":12345678901234567000,\"list\":["
        "\"x\",2,"
        "{\"k\":\"v\"},[]],\"o\":{\"p_unencrypted\":7,\"q\":\"é\\n\\\"\\\\\"},\"empty\":\"\"}\n");
  const auto ini = decrypt_sops(SopsStore::ini, fixture("all.ini"), age_identity());
  CHECK(json_of(ini) ==
        "{\"DEFAULT\":{\"top\":\"0\"},\"s\":{\"a\":\"1\",\"b\":\"x "
        "y\",\"q\":\"quoted\",\"h\":\"a;b\",\"e\":\"\"},"
        "\"s\":{\"a\":\"again\"}}\n");
  CHECK(reveal(print_plain(SopsStore::ini, ini)) ==
        "top = 0\n\n; of the section\n[s]\n; of a\na = 1\n; not\nb = x y\nq = quoted\nh = `a;b`\ne = "
        "\n\n[s]\na = "
        "again\n");
}

TEST_CASE("key groups need as many groups as the file says") {
  const auto identities = both_identities();
  CHECK(json_of(decrypt_sops(SopsStore::yaml, fixture("groups-all.yaml"), identities)) == kAll);
  for (const auto& [store, name] : {std::pair(SopsStore::json, "groups-all.json"),
                                    {SopsStore::ini, "groups-all.ini"},
                                    {SopsStore::dotenv, "groups.env"}}) {
    CHECK_NOTHROW(decrypt_sops(store, fixture(name), identities));
    try {
      static_cast<void>(decrypt_sops(store, fixture(name), age_identity()));
      FAIL("one group was enough");
    } catch (const SecretError& error) {
      CHECK(error.failure() == SecretFailure::no_match);
      CHECK_THAT(error.what(),
                 Catch::Matchers::Contains("2 of its 3 key groups are needed and 1 can be opened; "
                                           "group 2: none of 1 identity"));
    }
  }
}

TEST_CASE("shares that do not fit together make no key") {
  const auto share = [](std::string_view text) { return conceal(text); };
  std::vector<SecureBuffer> shares;
  shares.push_back(share("\x10\x01"));
  CHECK_FALSE(combine_shares(shares).has_value());
  shares.push_back(share("\x20\x01"));
  CHECK_FALSE(combine_shares(shares).has_value());  // the same point twice
  shares.back() = share("\x20\x20\x02");
  CHECK_FALSE(combine_shares(shares).has_value());
  // f(x) = 5 + 7x over GF(2^8): f(1) = 2, f(2) = 11.
  shares.front() = share("\x02\x01");
  shares.back() = share("\x0b\x02");
  CHECK(reveal(combine_shares(shares).value()) == "\x05");
}

TEST_CASE("every rule about what is encrypted is followed, and its MAC fits") {
  for (const char* rule : {"encrypted-suffix", "unencrypted-suffix", "encrypted-regex", "unencrypted-regex",
                           "encrypted-comment", "unencrypted-comment"}) {
    INFO(rule);
    const std::string file = fixture(std::string("rule-") + rule + ".yaml");
    CHECK(json_of(decrypt_sops(SopsStore::yaml, file, age_identity())) ==
          "{\"plain\":\"one\",\"secret_a\":\"two\",\"nested\":{\"secret_b\":\"three\",\"list\":[\"four\"]},"
          "\"marked\":\"five\",\"unmarked\":\"six\",\"tree\":{\"x\":\"seven\",\"y\":\"eight\"},\"open\":"
          "\"nine\"}\n");
    // Written again by the same rules, the same values are in clear.
    const EncryptedFile read = read_sops(SopsStore::yaml, file);
    const std::vector<Recipient> recipients{age_identity()[0].recipient()};
    const std::string again = encrypt_sops(
        SopsStore::yaml, decrypt_sops(SopsStore::yaml, file, age_identity()), recipients, read.metadata);
    for (const char* value : {"one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}) {
      const std::string text = std::string(" ") + value + "\n";
      CHECK((file.find(text) == std::string::npos) == (again.find(text) == std::string::npos));
    }
    CHECK_NOTHROW(decrypt_sops(SopsStore::yaml, again, age_identity()));
  }
}

TEST_CASE("a value is found by its path, and every path is listed without a key") {
  const auto documents = decrypt_sops(SopsStore::yaml, fixture("all.yaml"), age_identity());
  const auto value = [&](std::string_view path) {
    const SopsNode* found = find_path(documents, path);
    return found == nullptr ? std::string("-")
                            : reveal(found->is_scalar() ? spell_scalar(*found) : print_compact_json(*found));
  };
  CHECK(value("postgres/password") == "s3cret: x # y");
  CHECK(value("postgres/on") == "true");
  CHECK(value("postgres/list/1") == "b");  // the comment does not count
  CHECK(value("postgres/list/3/y") == "[[1,2]]");
  CHECK(value("third") == "3");
  CHECK(value("postgres/list/4") == "-");
  CHECK(value("postgres/password/x") == "-");
  const auto paths = list_sops_paths(SopsStore::yaml, fixture("all.yaml"));
  CHECK(std::ranges::find(paths, "postgres/list/3/y/0/1") != paths.end());
  CHECK(paths == list_paths(documents));
}

TEST_CASE("what is written in a store is read back from it") {
  const std::vector<Recipient> recipients{age_identity()[0].recipient(), ssh_identities()[0].recipient()};
  for (unsigned seed = 0; seed < 20; ++seed) {
    for (const SopsStore store : {SopsStore::yaml, SopsStore::json, SopsStore::dotenv, SopsStore::binary}) {
      INFO(seed);
      const auto documents = test::random_documents(store, seed, 50);
      const SecureBuffer plain = print_plain(store, documents);
      auto read = read_plain(store, plain.bytes());
      const bool binary = store == SopsStore::binary;
      if (!binary) CHECK(json_of(read) == json_of(documents));
      const std::string file = encrypt_sops(store, std::move(read), recipients, kTime);
      CHECK(detect_sops_store(file) == store);
      const auto back = decrypt_sops(store, file, ssh_identities());
      CHECK(reveal(print_plain(store, back)) == reveal(plain));
    }
  }
  CHECK_THROWS_AS(
      encrypt_sops(SopsStore::yaml, read_plain(SopsStore::yaml, as_bytes("sops: 1\n")), recipients, kTime),
      SecretError);
}

TEST_CASE("a printed YAML file holds no character that some reader takes for a line break") {
  const std::string text = "{\"a\":\"nel\u0085ls\u2028ps\u2029bom\uFEFF \xC2\x90\u00A0\"}\n";
  const auto read = read_plain(SopsStore::json, conceal(text).bytes());
  const std::string printed = reveal(print_plain(SopsStore::yaml, read));
  CHECK(printed == "a: \"nel\\u0085ls\\u2028ps\\u2029bom\\uFEFF \\u0090\u00A0\"\n");
  CHECK(yaml(printed) == json_of(read));
  const std::string block = reveal(print_plain(
      SopsStore::yaml, read_plain(SopsStore::json, conceal("{\"a\":\"one\\ntwo\u2028three\\n\"}").bytes())));
  CHECK(block == "a: \"one\\ntwo\\u2028three\\n\"\n");
}

TEST_CASE("a key that stands twice in what is to be encrypted is refused") {
  for (const auto& [store, text] : {std::pair(SopsStore::json, "{\"o\":{\"k\":1,\"k\":2}}"),
                                    {SopsStore::yaml, "o:\n  k: 1\n  k: 2\n"},
                                    {SopsStore::dotenv, "k=1\nk=2\n"}}) {
    try {
      static_cast<void>(read_plain(store, conceal(text).bytes()));
      FAIL("accepted");
    } catch (const SecretError& error) {
      CHECK(error.failure() == SecretFailure::malformed);
      CHECK_THAT(error.what(), Catch::Matchers::Contains("twice"));
    }
  }
  CHECK_NOTHROW(
      read_plain(SopsStore::json, conceal("{\"a\":{\"k\":1},\"b\":[{\"k\":2},{\"k\":3}]}").bytes()));
}

// What anybody can add to an encrypted file: the MAC covers values, and an empty one adds nothing to it.
TEST_CASE("an empty twin in an encrypted file is refused in every store") {
  const auto identities = both_identities();
  std::vector<Recipient> recipients{identities.front().recipient()};
  const auto refused = [&](SopsStore store, const std::string& plain, const std::string& before,
                           const std::string& twin) {
    std::string file = encrypt_sops(store, read_plain(store, conceal(plain).bytes()), recipients, kTime);
    CHECK_NOTHROW(decrypt_sops(store, file, identities));
    const auto at = file.find(before);
    REQUIRE(at != std::string::npos);
    file.insert(at, twin);
    try {
      static_cast<void>(decrypt_sops(store, file, identities));
      FAIL("accepted");
    } catch (const SecretError& error) {
      CHECK(error.failure() == SecretFailure::malformed);
      CHECK_THAT(error.what(), Catch::Matchers::Contains("twice"));
    }
  };
  refused(SopsStore::dotenv, "A=x\nB=y\n", "sops_", "A=\n");
  refused(SopsStore::json, "{\"o\":{\"A\":\"x\"}}", "\"A\"", "\"A\":\"\",");
  refused(SopsStore::yaml, "A: x\nB: y\n", "sops:", "A: \"\"\n");
  refused(SopsStore::ini, "[o]\nA = x\n[p]\nB = y\n", "[sops]", "[o]\nA =\n");
}

TEST_CASE("two empty values under one key of an INI file are one") {
  const auto identities = both_identities();
  std::vector<Recipient> recipients{identities.front().recipient()};
  std::string file =
      encrypt_sops(SopsStore::ini, read_plain(SopsStore::ini, conceal("[Peer]\nA = x\nKey =\n").bytes()),
                   recipients, kTime);
  const auto at = file.find("[sops]");
  REQUIRE(at != std::string::npos);
  file.insert(at, "[Peer]\nKey =\n");
  CHECK_NOTHROW(decrypt_sops(SopsStore::ini, file, identities));
}

TEST_CASE("a section of an INI file may be written in pieces") {
  const auto identities = both_identities();
  std::vector<Recipient> recipients{identities.front().recipient()};
  std::string file = encrypt_sops(
      SopsStore::ini, read_plain(SopsStore::ini, conceal("[o]\nA = x\nB =\n").bytes()), recipients, kTime);
  const auto at = file.find("\nB");
  REQUIRE(at != std::string::npos);
  file.insert(at + 1, "[o]\n");
  CHECK_NOTHROW(decrypt_sops(SopsStore::ini, file, identities));
}

TEST_CASE("a comment of a dotenv file is taken as it stands") {
  const auto documents = read_plain(SopsStore::dotenv, conceal("# a\\nB=c\nA=x\\ny\n").bytes());
  REQUIRE(documents.front().items.size() == 2);
  CHECK(reveal(documents.front().items[0].node.value) == " a\\nB=c");
  CHECK(reveal(documents.front().items[1].node.value) == "x\ny");
}

TEST_CASE("YAML is read as YAML 1.2 has it") {
  CHECK(yaml("a: b c\n  d\n\n  e\n") == "{\"a\":\"b c d\\ne\"}\n");
  CHECK(yaml("a: 'x\n  y'\nb: \"x \\\n  y\\x41\\u00e9\"\n") == "{\"a\":\"x y\",\"b\":\"x yAé\"}\n");
  CHECK(yaml("a: >\n  x\n  y\n\n  z\n    in\n  out\n") == "{\"a\":\"x y\\nz\\n  in\\nout\\n\"}\n");
  CHECK(yaml("a: |2-\n    x\n   y\n") == "{\"a\":\"  x\\n y\"}\n");
  CHECK(yaml("a: |+\n  x\n\nb: |-\n  y\n") == "{\"a\":\"x\\n\\n\",\"b\":\"y\"}\n");
  CHECK(yaml("a:\n- 1\n- - x\n  - y: 2\n    z: 3\nb: {c: [1, \"d\", e f], g}\n") ==
        "{\"a\":[1,[\"x\",{\"y\":2,\"z\":3}]],\"b\":{\"c\":[1,\"d\",\"e f\"],\"g\":null}}\n");
  CHECK(yaml("a: &x\n  b: 1\nc: [*x, 2]\n") == "{\"a\":{\"b\":1},\"c\":[{\"b\":1},2]}\n");
  CHECK(yaml("a: 0o17\nb: -0x1F\nc: 0b11\nd: 1_0\ne: +1\nf: .5\ng: 1e3\nh: 1.\ni: 08\nj: 1:2\n") ==
        "{\"a\":15,\"b\":-31,\"c\":3,\"d\":10,\"e\":1,\"f\":0.5,\"g\":1000,\"h\":1,\"i\":8,\"j\":\"1:2\"}\n");
  CHECK(yaml("a: http://x#y\nb: x:y\n") == "{\"a\":\"http://x#y\",\"b\":\"x:y\"}\n");
}

TEST_CASE("what the YAML reader does not take is refused with its line and without its text") {
  CHECK(refusal("CANARY\n") == "malformed: line 1: a document is not a mapping");
  CHECK(refusal("a: 1\na: 2\n") == "malformed: line 2: a key stands twice in its mapping");
  CHECK(refusal("a: CANARY: b\n").find("CANARY") == std::string::npos);
  for (const char* text : {"a: [1\n", "a: 'x\n", "a: 1\n  b: 2\n", "a: *x\n", "1: x\n", "a:\n\t- x\n",
                           "a: @x\n", "a: \"\\q\"\n", "a: 1\n b: 2\n", "- 1\n", "a: - x\n", "a: 'x' y\n"}) {
    INFO(text);
    CHECK_THAT(refusal(text), Catch::Matchers::StartsWith("malformed: line "));
  }
  for (const char* text : {"a: !!str x\n", "? a\n: b\n", "a: {b: c, ? d : e}\n", "%YAML 1.2\n---\na: 1\n",
                           "a: .inf\n", "a: 18446744073709551615\n"}) {
    INFO(text);
    CHECK_THAT(refusal(text), Catch::Matchers::StartsWith("this version cannot: "));
  }
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 0; k < 9; ++k) bomb += ", " + before;
    bomb += "]\n";
  }
  CHECK_THAT(refusal(bomb), Catch::Matchers::Contains("an alias bomb"));
  // Few values, but long ones.
  bomb = "a: &a " + std::string(64 << 10, 'x') + "\nb: [*a";
  for (int i = 0; i < 300; ++i) bomb += ", *a";
  CHECK_THAT(refusal(bomb + "]\n"), Catch::Matchers::Contains("more than 16 MiB through aliases"));
  CHECK_THAT(refusal("a: " + std::string(100, '[')), Catch::Matchers::Contains("more than 64 levels"));
}

TEST_CASE("patterns mean what they mean to Go, and never take long") {
  CHECK(matches("^(secret_|tree$)", "secret_a"));
  CHECK_FALSE(matches("^(secret_|tree$)", "trees"));
  CHECK(matches("(?i)PASS(word)?", "my_passWORD"));
  CHECK(matches("a{2,3}b", "xaaab"));
  CHECK_FALSE(matches("^a{2,3}$", "aaaa"));
  CHECK(matches("[^a-y]", "abcz"));
  CHECK(matches("[[:digit:]]\\.\\d", "1.2"));
  CHECK(matches("\\bkey\\b", "a key here"));
  CHECK_FALSE(matches("\\bkey\\b", "monkey"));
  CHECK(matches("a|bc|d+e*?$", "xdd"));
  CHECK(matches("", "anything"));
  CHECK(matches("^.$", "世"));
  CHECK(matches("x{", "x{"));
  CHECK_FALSE(matches("(a*)*b", std::string(5000, 'a')));
  for (const char* wrong : {"a(", "a)", "[a", "*a", "a**", "\\", "[z-a]", "a{3,2}"}) {
    INFO(wrong);
    CHECK_THROWS_AS(Pattern(wrong), SecretError);
  }
  for (const char* other : {"\\p{L}", "(?=a)", "\\1", "\\Qa\\E", "(a{1000}){1000}"}) {
    INFO(other);
    CHECK_THROWS_AS(Pattern(other), SecretError);
  }
}

}  // namespace
}  // namespace hwcsync::secrets
