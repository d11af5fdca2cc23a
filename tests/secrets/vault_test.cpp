#include "secrets/age/age.hpp"
#include "secrets/sops/sops_file.hpp"
#include "secrets/vault/dotenv_parser.hpp"
#include "secrets/vault/generation.hpp"
#include "src/base/hash.hpp"
#include "tests/secrets/fixtures.hpp"
#include "tests/support/catch.hpp"

#include <chrono>
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

Pairs parse(const std::string& text) {
  Pairs out;
  for (const DotenvEntry& entry : parse_dotenv(conceal(text).bytes(), "x.env")) {
    out.emplace_back(entry.key, reveal(entry.value));
  }
  return out;
}

std::string refusal(const std::string& text) {
  try {
    static_cast<void>(parse_dotenv(conceal(text).bytes(), "x.env"));
  } catch (const SecretError& error) {
    return error.what();
  }
  return "accepted";
}

std::string sops_file(const Pairs& pairs) {
  std::vector<SopsNode> documents;
  documents.push_back(SopsNode::map());
  for (const auto& [key, value] : pairs) documents.front().items.push_back({key, SopsNode::scalar(value)});
  const std::vector<Recipient> recipients{age_identity()[0].recipient()};
  return encrypt_sops(SopsStore::dotenv, std::move(documents), recipients, kTime);
}

std::string age_file(const std::string& text) {
  const std::vector<Recipient> recipients{age_identity()[0].recipient()};
  return encrypt_age(as_bytes(text), recipients, AgeEncoding::binary);
}

// A manifest and its ciphertexts, built file by file.
struct Case {
  Manifest manifest{1, "server", {}};
  Ciphertexts ciphertexts;

  SecretFile& add(const std::string& path, SourceFormat format, Grammar grammar,
                  const std::string& ciphertext) {
    const std::string id = git_blob_id(ciphertext);
    ciphertexts[id] = ciphertext;
    SecretFile file;
    file.path = path;
    file.stack = "immich";
    file.name = path;
    file.uid = 1000;
    file.grammar = grammar;
    file.source = {"stacks/immich/" + path, id, format};
    manifest.files.push_back(file);
    return manifest.files.back();
  }
  [[nodiscard]] std::shared_ptr<const Generation> staged() const {
    return stage(manifest, ciphertexts, age_identity());
  }
};

EnvironmentVariable variable(const std::string& name, const std::string& prefix, const std::string& secret) {
  return {name, {{EnvironmentPart::Kind::text, prefix}, {EnvironmentPart::Kind::variable, secret}}};
}

TEST_CASE("the dotenv grammar of Compose is read") {
  CHECK(parse("A=1\n\n# c\n  export B = two words # c\nC:\n") ==
        Pairs{{"A", "1"}, {"B", "two words"}, {"C", ""}});
  CHECK(parse("A='it\\'s $x \\n' # c\n") == Pairs{{"A", "it's $x \\n"}});
  CHECK(parse("A=\"q \\\" \\\\ \\n \\t \\$x $$y\"\n") == Pairs{{"A", "q \" \\ \n \t $x $y"}});
  CHECK(parse("A=\"two\nlines\"\nB='and\r\nthree'") == Pairs{{"A", "two\nlines"}, {"B", "and\nthree"}});
  CHECK(parse("A=x#y\nB=x #y\r\n") == Pairs{{"A", "x#y"}, {"B", "x"}});
  CHECK(parse("A=a\nB=$A-${A}\nC='${A}'\nD=\"${A}\"") ==
        Pairs{{"A", "a"}, {"B", "a-a"}, {"C", "${A}"}, {"D", "a"}});
  CHECK(parse("A=p$1 $ $$") == Pairs{{"A", "p$1 $ $"}});
  CHECK(parse("\xEF\xBB\xBF"
              "A=1") == Pairs{{"A", "1"}});
  CHECK(parse("A=\"\\0101\"") == Pairs{{"A", "A"}});
  CHECK(parse("").empty());
}

TEST_CASE("what Compose would swallow in silence is an error that names the line and quotes nothing") {
  CHECK_THAT(refusal("A=1\nCANARY\n"), Catch::Matchers::Contains("line 2"));
  CHECK(refusal("A=1\nCANARY\n").find("CANARY") == std::string::npos);
  CHECK_THAT(refusal("A='x\n\n"), Catch::Matchers::Contains("line 1: a quote is not closed"));
  CHECK_THAT(refusal("A='x'y\n"), Catch::Matchers::Contains("after the closing quote"));
  CHECK_THAT(refusal("A=1\nB=pa$CANARY\n"), Catch::Matchers::Contains("line 2"));
  CHECK(refusal("A=1\nB=pa$CANARY\n").find("CANARY") == std::string::npos);
  CHECK_THAT(refusal("B=${X:-y}\n"), Catch::Matchers::Contains("${NAME}"));
  CHECK_THAT(refusal("!x=1\n"), Catch::Matchers::Contains("line 1"));
}

TEST_CASE("an env file for Compose carries every value exactly") {
  const Pairs values{{"PLAIN", "abc_/.:@1"},       {"EMPTY", ""},
                     {"SPACE", " a  b "},          {"HASH", "a #b"},
                     {"DOLLAR", "$HOME ${A$} $$"}, {"SINGLE", "it's"},
                     {"BACK", "a\\nb\\"},          {"DOUBLE", "say \"x\" now"},
                     {"LINES", "a\nb\r\nc"},       {"ALL", "'\"\\$#\n\t "},
                     {"UNICODE", "Grüße"},         {"TAIL", "'\\"}};
  Case c;
  c.add("immich-stack.env", SourceFormat::sops_dotenv, Grammar::compose_env, sops_file(values));
  const auto generation = c.staged();
  const StagedFile* file = generation->find(1000, "immich-stack.env");
  REQUIRE(file != nullptr);
  CHECK(file->failure.empty());
  CHECK(parse(reveal(file->content)) == values);
}

TEST_CASE("a YAML, JSON or INI source gives one value, a subtree as JSON, or an environment") {
  const std::string text =
      "TOKEN: abc\nPORT: 8080\nON: true\nQUOTED: '\"x\"'\n---\npostgres:\n  password: it's\n  hosts: [a, "
      "b]\n";
  const std::vector<Recipient> recipients{age_identity()[0].recipient()};
  const std::string file =
      encrypt_sops(SopsStore::yaml, read_plain(SopsStore::yaml, conceal(text).bytes()), recipients, kTime);
  Case c;
  c.add("password", SourceFormat::sops_yaml, Grammar::raw, file).key = "postgres/password";
  c.add("hosts", SourceFormat::sops_yaml, Grammar::raw, file).key = "postgres/hosts";
  c.add("port", SourceFormat::sops_yaml, Grammar::raw, file).key = "PORT";
  c.add("on", SourceFormat::sops_yaml, Grammar::raw, file).key = "ON";
  c.add("lost", SourceFormat::sops_yaml, Grammar::raw, file).key = "postgres/hosts/2";
  c.add("x.env", SourceFormat::sops_yaml, Grammar::compose_env, file);
  c.add("nested.env", SourceFormat::sops_json, Grammar::compose_env, fixture("all.json"));
  c.add("json", SourceFormat::sops_json, Grammar::raw, fixture("all.json")).key = "list/2/k";
  c.add("ini", SourceFormat::sops_ini, Grammar::raw, fixture("all.ini")).key = "s/h";
  const auto generation = c.staged();
  std::vector<std::string> contents;
  for (const StagedFile& staged : generation->files())
    contents.push_back(staged.readable() ? reveal(staged.content) : staged.failure);
  CHECK(contents ==
        std::vector<std::string>{
            "it's", "[\"a\",\"b\"]", "8080", "true",
            "stacks/immich/lost: malformed: its source stacks/immich/lost has no value 'postgres/hosts/2'",
            "TOKEN=abc\nPORT=8080\nON=true\nQUOTED='\"x\"'\n",
            "stacks/immich/nested.env: malformed: 'z' is not one value, so the file makes no environment",
            "v", "a;b"});
  CHECK(generation->decryptions() == 3);
}

TEST_CASE("a sops value in quotes means what Compose makes of it") {
  Case c;
  const Pairs pairs{{"A", "\"two words\""}, {"B", "'$x'"}, {"C", "say \"hi\""}, {"D", "\"a\nb\""}};
  c.add("e", SourceFormat::sops_dotenv, Grammar::compose_env, sops_file(pairs));
  c.add("r", SourceFormat::sops_dotenv, Grammar::raw, c.ciphertexts.begin()->second).key = "A";
  c.add("w", SourceFormat::sops_dotenv, Grammar::raw, c.ciphertexts.begin()->second);
  const auto generation = c.staged();
  CHECK(parse(reveal(generation->files()[0].content)) ==
        Pairs{{"A", "two words"}, {"B", "$x"}, {"C", "say \"hi\""}, {"D", "a\nb"}});
  CHECK(reveal(generation->files()[1].content) == "two words");
  CHECK(reveal(generation->files()[2].content) == "A=\"two words\"\nB='$x'\nC=say \"hi\"\nD=\"a\\nb\"\n");
  CHECK(generation->decryptions() == 1);
}

TEST_CASE("a bare sops value that refers to another is refused, not passed on unresolved") {
  Case c;
  c.add("e", SourceFormat::sops_dotenv, Grammar::compose_env, sops_file({{"P", "x"}, {"URL", "u:${P}@db"}}));
  CHECK_THAT(c.staged()->files()[0].failure, Catch::Matchers::Contains("'URL' refers to ${P}"));
}

TEST_CASE("an env file for podman has the chosen variables only, raw") {
  Case c;
  SecretFile& file = c.add("podman-n8n.env", SourceFormat::sops_dotenv, Grammar::podman_env,
                           sops_file({{"KEY", "a \"b\" $c #d"}, {"OTHER", "hidden"}}));
  file.environment = {variable("N8N_KEY", "k:", "KEY")};
  CHECK(reveal(c.staged()->files()[0].content) == "N8N_KEY=k:a \"b\" $c #d\n");
}

TEST_CASE("a value that the grammar cannot carry fails that file alone, with the reason") {
  Case c;
  const std::string source =
      sops_file({{"GOOD", "x"}, {"BAD", "two\nlines"}, {"LONG", std::string(70000, 'x')}});
  c.add("good", SourceFormat::sops_dotenv, Grammar::podman_env, source).environment = {
      variable("G", "", "GOOD")};
  c.add("bad", SourceFormat::sops_dotenv, Grammar::podman_env, source).environment = {
      variable("B", "", "BAD")};
  c.add("long", SourceFormat::sops_dotenv, Grammar::podman_env, source).environment = {
      variable("L", "", "LONG")};
  c.add("lost", SourceFormat::sops_dotenv, Grammar::podman_env, source).environment = {
      variable("X", "", "NOT")};
  c.add("name", SourceFormat::sops_dotenv, Grammar::compose_env, sops_file({{"A B", "x"}}));
  c.add("zero", SourceFormat::sops_dotenv, Grammar::compose_env, sops_file({{"Z", std::string("\0", 1)}}));
  const auto generation = c.staged();
  const auto& files = generation->files();
  CHECK(files[0].readable());
  CHECK_THAT(files[1].failure, Catch::Matchers::Contains("'B' has a line end"));
  CHECK(files[1].failure.find("two") == std::string::npos);
  CHECK_THAT(files[2].failure, Catch::Matchers::Contains("64 KiB"));
  CHECK_THAT(files[3].failure, Catch::Matchers::Contains("no variable 'NOT'"));
  CHECK_THAT(files[4].failure, Catch::Matchers::Contains("'A B'"));
  CHECK_THAT(files[5].failure, Catch::Matchers::Contains("zero byte"));
  CHECK(generation->failures() == 5);
  CHECK(generation->decryptions() == 3);
}

TEST_CASE("plain age files serve as one value and as dotenv files") {
  Case c;
  c.add("immich/token", SourceFormat::age, Grammar::raw, age_file("a token\n"));
  c.add("immich/pw", SourceFormat::age, Grammar::raw, age_file("A='x y'\nB=${A}z\n")).key = "B";
  c.add("immich/blob", SourceFormat::sops_binary, Grammar::raw, fixture("blob.json"));
  const auto generation = c.staged();
  CHECK(reveal(generation->files()[0].content) == "a token\n");
  CHECK(reveal(generation->files()[1].content) == "x yz");
  CHECK(generation->files()[2].content.size() == 30);
  CHECK(generation->find(0, "immich/token") == nullptr);
}

TEST_CASE("a template is filled in from several sources, each value through its filters") {
  Case c;
  const std::string env = sops_file({{"USER", "eric"}, {"PASSWORD", "a \"b\" $c\\d'\n"}});
  c.add("immich/token", SourceFormat::age, Grammar::raw, age_file(" tok en\n"));
  c.add("immich/app.toml", SourceFormat::sops_dotenv, Grammar::raw, env);
  SecretFile& file = c.manifest.files.back();
  file.grammar = Grammar::text_template;
  const Source token = c.manifest.files[0].source;
  const Source variables = file.source;
  file.source = {};
  file.text_template = {"stacks/immich/app.toml.tmpl",
                        {{"u=", {}, {}, {}, {}, 0, 0},
                         {{}, "user", {}, variables, "USER", 1, 3},
                         {"\np=", {}, {}, {}, {}, 0, 0},
                         {{}, "pw", {TemplateFilter::json}, variables, "PASSWORD", 2, 3},
                         {"\ne=", {}, {}, {}, {}, 0, 0},
                         {{}, "pw", {TemplateFilter::env}, variables, "PASSWORD", 3, 3},
                         {"\nt=", {}, {}, {}, {}, 0, 0},
                         {{}, "token", {TemplateFilter::trim, TemplateFilter::json}, token, "", 4, 3},
                         {"|", {}, {}, {}, {}, 0, 0},
                         {{}, "token", {}, token, "", 4, 30}}};
  const auto generation = c.staged();
  CHECK(generation->files()[1].failure.empty());
  CHECK(reveal(generation->files()[1].content) ==
        "u=eric\np=\"a \\\"b\\\" $c\\\\d'\\n\"\ne=\"a \\\"b\\\" \\$c\\\\d'\\n\"\nt=\"tok en\"| tok en\n");
  // Two sources, each opened once.
  CHECK(generation->decryptions() == 2);
  CHECK(source_ids(generation->manifest()).size() == 2);
  const std::string lines = reveal(generation->files()[1].content);
  const auto line = lines.find("\ne=") + 3;
  CHECK(parse("E=" + lines.substr(line, lines.find("\nt=") - line)) == Pairs{{"E", "a \"b\" $c\\d'\n"}});
}

TEST_CASE("a template that cannot be filled in names its line and column and quotes no value") {
  Case c;
  const std::string env = sops_file({{"ZERO", std::string("CANARY\0", 7)}, {"BYTES", "CANARY\xff"}});
  c.add("foreign", SourceFormat::age, Grammar::raw, fixture("hello-ssh.age"));
  const Source foreign = c.manifest.files[0].source;
  const auto add = [&](const std::string& key, std::vector<TemplateFilter> filters, const Source* source) {
    SecretFile& file = c.add("t" + std::to_string(c.manifest.files.size()), SourceFormat::sops_dotenv,
                             Grammar::text_template, env);
    file.text_template = {
        "stacks/immich/a.tmpl",
        {{{}, "pw", std::move(filters), source != nullptr ? *source : file.source, key, 5, 9}}};
    file.source = {};
  };
  add("ZERO", {}, nullptr);
  add("ZERO", {TemplateFilter::env}, nullptr);
  add("ZERO", {TemplateFilter::json}, nullptr);
  add("BYTES", {TemplateFilter::json}, nullptr);
  add("BYTES", {}, nullptr);
  add("GONE", {}, nullptr);
  add("", {}, &foreign);
  const auto generation = c.staged();
  const auto& files = generation->files();
  CHECK(files[1].failure ==
        "stacks/immich/a.tmpl:5:9: 'pw': malformed: the value holds a zero byte, which text cannot carry");
  CHECK_THAT(files[2].failure, Catch::Matchers::Contains("which no environment can carry"));
  CHECK(reveal(files[3].content) == "\"CANARY\\u0000\"");
  CHECK_THAT(files[4].failure, Catch::Matchers::Contains("5:9: 'pw': malformed: the value is not UTF-8"));
  CHECK(files[5].readable());
  CHECK_THAT(files[6].failure, Catch::Matchers::Contains("has no value 'GONE'"));
  CHECK_THAT(files[7].failure,
             Catch::Matchers::StartsWith("stacks/immich/a.tmpl:5:9: 'pw': stacks/immich/foreign: "
                                         "no match: none of 1 identity"));
  for (const StagedFile& file : files) CHECK(file.failure.find("CANARY") == std::string::npos);
  CHECK(generation->decryptions() == 1);
}

TEST_CASE("one source that fails leaves the others alone") {
  Case c;
  c.add("good", SourceFormat::age, Grammar::raw, age_file("good"));
  c.add("foreign", SourceFormat::age, Grammar::raw, fixture("hello-ssh.age"));
  c.add("plain", SourceFormat::sops_dotenv, Grammar::raw, "PASSWORD=CANARY\n");
  c.add("missing", SourceFormat::age, Grammar::raw, "x");
  c.ciphertexts.erase(c.manifest.files.back().source.id);
  c.add("swapped", SourceFormat::age, Grammar::raw, "y");
  c.ciphertexts[c.manifest.files.back().source.id] = age_file("not what was committed");
  const auto generation = c.staged();
  const auto& files = generation->files();
  CHECK(reveal(files[0].content) == "good");
  CHECK_THAT(files[1].failure,
             Catch::Matchers::StartsWith("stacks/immich/foreign: no match: none of 1 identity (age1"));
  CHECK_THAT(files[2].failure, Catch::Matchers::StartsWith("stacks/immich/plain: not encrypted"));
  CHECK(files[2].failure.find("CANARY") == std::string::npos);
  CHECK_THAT(files[3].failure, Catch::Matchers::Contains("was not handed over"));
  CHECK_THAT(files[4].failure, Catch::Matchers::Contains("is not the object"));
  CHECK(generation->decryptions() == 1);
}

TEST_CASE("many sources are decrypted on several threads, each once, in the manifest's order") {
  CHECK(staging_threads(0, 8) == 1);
  CHECK(staging_threads(31, 8) == 1);
  CHECK(staging_threads(32, 8) == 2);
  CHECK(staging_threads(1000, 8) == 4);
  CHECK(staging_threads(1000, 2) == 2);
  CHECK(staging_threads(1000, 0) == 1);  // nobody knows how many there are
  Case c;
  constexpr std::size_t kMany = 200;
  for (std::size_t i = 0; i < kMany; ++i) {
    const std::string name = "s" + std::to_string(i);
    c.add(name, SourceFormat::age, Grammar::raw, i % 50 == 7 ? fixture("hello-ssh.age") : age_file(name));
    // A second file from the same source.
    SecretFile twin = c.manifest.files.back();
    twin.uid = 2000;
    c.manifest.files.push_back(std::move(twin));
  }
  const auto generation = c.staged();
  REQUIRE(generation->files().size() == 2 * kMany);
  for (std::size_t i = 0; i < 2 * kMany; ++i) {
    const StagedFile& file = generation->files()[i];
    CHECK(file.entry.path == "s" + std::to_string(i / 2));
    CHECK(file.readable() == (i / 2 % 50 != 7));
    if (file.readable()) CHECK(reveal(file.content) == file.entry.path);
  }
  CHECK(generation->decryptions() == kMany - 4);
}

TEST_CASE("facts tell what changed and nothing else") {
  Case before;
  before.add("same", SourceFormat::age, Grammar::raw, age_file("one"));
  before.add("rotated", SourceFormat::age, Grammar::raw, age_file("two"));
  before.add("broken", SourceFormat::age, Grammar::raw, fixture("hello-ssh.age"));
  Case after;
  after.add("same", SourceFormat::age, Grammar::raw, age_file("one"));
  after.add("rotated", SourceFormat::age, Grammar::raw, age_file("three"));
  after.add("broken", SourceFormat::age, Grammar::raw, age_file("readable now"));
  after.add("new", SourceFormat::age, Grammar::raw, age_file("four"));
  after.add("bad", SourceFormat::age, Grammar::raw, "no age file");
  const auto facts = compare(*after.staged(), before.staged().get());
  std::vector<std::string> words;
  for (const FileFact& fact : facts) words.emplace_back(to_string(fact.fact));
  CHECK(words == std::vector<std::string>{"same", "rotated", "unknown", "unknown", "undecryptable"});
  CHECK_THAT(facts[4].reason, Catch::Matchers::Contains("header failure"));
  CHECK(compare(*after.staged(), nullptr)[0].fact == Fact::unknown);
}

TEST_CASE("a template is rotated by its text and by the values in it, and by nothing else") {
  const auto generation = [](const std::string& text, const std::string& value) {
    Case c;
    const std::string source = sops_file({{"PW", value}, {"OTHER", "x"}});
    SecretFile& file = c.add("t", SourceFormat::sops_dotenv, Grammar::text_template, source);
    TemplatePart placeholder{{}, "pw", {}, file.source, "PW", 1, 1};
    file.source = {};
    TemplatePart words;
    words.text = text;
    file.text_template = {"a.tmpl", {words, placeholder}};
    return c.staged();
  };
  const auto before = generation("a=", "one");
  const auto fact = [&](const std::string& text, const std::string& value) {
    return compare(*generation(text, value), before.get())[0].fact;
  };
  CHECK(fact("a=", "one") == Fact::same);  // encrypted again
  CHECK(fact("b=", "one") == Fact::rotated);
  CHECK(fact("a=", "two") == Fact::rotated);
}

TEST_CASE("a generation gives all of its memory back when it goes") {
  const auto before = Arena::process().usage();
  {
    Case c;
    c.add("e", SourceFormat::sops_dotenv, Grammar::compose_env, fixture("app.env"));
    const auto generation = c.staged();
    CHECK(generation->files()[0].readable());
    CHECK(Arena::process().usage().blocks == before.blocks + 1);
  }
  CHECK(Arena::process().usage().blocks == before.blocks);
}

}  // namespace
}  // namespace hwcsync::secrets
