// Where plaintext is, looked up in the memory of the real program: in the arena and nowhere else.
#include "secrets/age/age.hpp"
#include "secrets/sops/sops_file.hpp"
#include "src/base/error.hpp"
#include "src/base/hash.hpp"
#include "src/base/text.hpp"
#include "tests/support/catch.hpp"
#include "tests/view/process_memory.hpp"
#include "tests/view/program_fixture.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <random>
#include <thread>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace hwcsync;
using namespace hwcsync::test;
using secrets::Grammar;
using secrets::SopsStore;
using secrets::SourceFormat;

namespace {

constexpr int kRounds = 1000;
constexpr int kMany = 40;

// What all values of this run of the test hold, again and again, lest a piece of one goes unnoticed.
std::string new_mark() {
  std::random_device random;
  return "CANARY" + std::to_string(random()) + std::to_string(random());
}

class Canaries {
 public:
  Canaries(const Host& host, std::string mark) : host_(host), mark_(std::move(mark)) {}

  [[nodiscard]] const std::string& mark() const { return mark_; }
  [[nodiscard]] std::string mark_of(int round) const { return mark_ + "r" + std::to_string(round) + "."; }
  [[nodiscard]] std::string value(int round, std::string_view name, int times = 8) const {
    std::string out;
    for (int i = 0; i < times; ++i) out += mark_of(round) + std::string(name);
    return out;
  }

  // One generation with every format and grammar.
  [[nodiscard]] secrets::SecretBundle bundle(int round) {
    bundle_ = {};
    manifest_ = {.host = "server"};
    const auto text = [&](std::string_view name, int times = 8) { return value(round, name, times); };
    add("app/small", seal_age(text("small", 1)), SourceFormat::age);
    // Now and then more than one chunk of age and more than one READ.
    add("app/large", seal_age(text("large", round % 10 == 0 ? 3000 : 100)), SourceFormat::age);
    const std::string yaml = seal(SopsStore::yaml, "top: " + text("top") + "\nlist:\n- " + text("list") +
                                                       "\n- 1.5\nmap:\n  inner: '" + text("inner") + "'\n");
    add("app/yaml", yaml, SourceFormat::sops_yaml);
    add("app/yaml-key", yaml, SourceFormat::sops_yaml).key = "map/inner";
    add("app/yaml-list", yaml, SourceFormat::sops_yaml).key = "list";
    add("app/json", seal(SopsStore::json, R"({"a": ")" + text("json") + R"(", "b": [1, true]})"),
        SourceFormat::sops_json);
    add("app/binary", seal(SopsStore::binary, text("binary")), SourceFormat::sops_binary);
    const std::string dotenv =
        seal(SopsStore::dotenv, "# " + text("comment") + "\nA=" + text("a") + "\nB=\"" + text("b") + "\"\n");
    add("app.env", dotenv, SourceFormat::sops_dotenv).grammar = Grammar::compose_env;
    auto& podman = add("podman.env", dotenv, SourceFormat::sops_dotenv);
    podman.grammar = Grammar::podman_env;
    using Kind = secrets::EnvironmentPart::Kind;
    podman.environment = {{"URL", {{Kind::text, "http://"}, {Kind::variable, "A"}, {Kind::text, "@x"}}}};
    // Now and then, and in the last round, more than one thread decrypts.
    for (int i = 0; round % 100 == 0 && i < kMany; ++i)
      add("app/many" + std::to_string(i), seal_age(text("many", 4)), SourceFormat::age);
    bundle_.manifest = secrets::serialise(manifest_);
    return std::move(bundle_);
  }

 private:
  secrets::SecretFile& add(const std::string& path, const std::string& sealed, SourceFormat format) {
    const std::string id = git_blob_id(sealed);
    bundle_.ciphertexts.emplace(id, sealed);
    manifest_.files.push_back({.path = path,
                               .stack = "app",
                               // Public, so it lies about in ordinary memory: the search must find it there.
                               .name = "PLANTED" + mark_.substr(6),
                               .consumers = {"app-stack.service"},
                               .uid = kOwner,
                               .gid = kOwner,
                               .source = {.path = "secrets/" + path, .id = id, .format = format}});
    return manifest_.files.back();
  }
  [[nodiscard]] std::string seal_age(const std::string& text) const {
    const auto recipient = host_.recipient();
    return secrets::encrypt_age(secrets::as_bytes(text), std::span(&recipient, 1),
                                secrets::AgeEncoding::binary);
  }
  [[nodiscard]] std::string seal(SopsStore store, const std::string& text) const {
    const auto recipient = host_.recipient();
    return secrets::encrypt_sops(store, secrets::read_plain(store, secrets::as_bytes(text)),
                                 std::span(&recipient, 1), std::chrono::system_clock::time_point{});
  }

  const Host& host_;
  std::string mark_;
  secrets::SecretBundle bundle_;
  secrets::Manifest manifest_;
};

// Every file of the view, read by its owner; gives how many bytes hold the mark of this round.
Seen read_all_files(const std::string& view, const std::string& mark) {
  Seen out;
  std::size_t found = 0;
  for (const char* name : {"app/small", "app/large", "app/yaml", "app/yaml-key", "app/yaml-list", "app/json",
                           "app/binary", "app.env", "podman.env"}) {
    const Seen seen = read_path(view + name);
    if (seen.code != 0) return seen;
    if (seen.text.find(mark) != std::string::npos) ++found;
  }
  out.text = std::to_string(found);
  return out;
}

std::string list_findings(const MemorySearch& search) {
  return join(std::span(search.outside).first(std::min<std::size_t>(search.outside.size(), 10)), "\n");
}

// With single blanks.
std::string squeeze(std::string text) {
  const auto ends =
      std::unique(text.begin(), text.end(), [](char a, char b) { return a == ' ' && b == ' '; });
  text.erase(ends, text.end());
  return text;
}

// Waits until no byte of this round is in the memory of the process.
bool forgotten(pid_t pid, const std::string& mark) {
  for (int i = 0; i < 100; ++i) {
    const auto search = search_memory(pid, mark);
    if (search.inside == 0 && search.outside.empty()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

}  // namespace

TEST_CASE("after a thousand stages, flips and reads plaintext is in the arena and nowhere else") {
  Host host;
  Program program(host);
  auto service = host.client();
  Canaries canaries(host, new_mark());
  const std::string view = host.view("");
  std::string before;
  for (int round = 1; round <= kRounds; ++round) {
    const std::string generation = service.stage(canaries.bundle(round)).generation;
    service.flip(generation);
    REQUIRE(as_user(kOwner, kOwner, [&] { return read_all_files(view, canaries.mark_of(round)); }) ==
            Seen{0, "9"});
    if (!before.empty()) service.drop(before);
    before = generation;
  }
  const pid_t server = program.serving();

  // The search finds what is there: a public name outside of the arena, the present values inside.
  const std::string planted = "PLANTED" + canaries.mark().substr(6);
  CHECK_FALSE(search_memory(server, planted).outside.empty());
  CHECK_FALSE(search_files(host.path("state"), planted).empty());
  CHECK_FALSE(search_files(host.path(""), "app/small").empty());  // the log
  const auto present = search_memory(server, canaries.mark_of(kRounds));
  CHECK(present.inside > 3000);

  const auto all = search_memory(server, canaries.mark());
  INFO(list_findings(all));
  CHECK(all.outside.empty());
  // Nothing is there but the present generation: earlier ones are wiped, and so is what decryption leaves.
  CHECK(all.inside == present.inside);
  CHECK(search_memory(program.holder(), canaries.mark()).inside == 0);
  CHECK(search_memory(program.holder(), canaries.mark()).outside.empty());
  CHECK(search_files(host.path(""), canaries.mark()).empty());
  const secrets::SecureBuffer& key = host.secret_scalar();
  const std::string_view scalar(reinterpret_cast<const char*>(key.data()), key.size());
  const auto keys = search_memory(server, scalar);
  CHECK(keys.inside == 1);
  CHECK(keys.outside.empty());
  const std::string text = read_file(host.path("key"));
  CHECK(search_memory(server, text.substr(0, text.find('\n'))).inside == 0);
  CHECK(search_memory(server, text.substr(0, text.find('\n'))).outside.empty());

  std::size_t arena = 0;
  for (const MemoryRegion& region : memory_of(server)) {
    CHECK(region.swapped == 0);
    if (!region.is_arena()) continue;
    CHECK(region.resident == region.size());
    CHECK(region.locked == region.size());
    arena += region.size();
  }
  CHECK(arena > 0);
  CHECK(arena == service.status().locked_bytes);
  std::printf("%zu bytes searched, %zu of them arena\n", all.searched, arena);
}

TEST_CASE("an old value stays for its last reader and is gone after it") {
  Host host;
  Program program(host);
  auto service = host.client();
  Canaries canaries(host, new_mark());
  service.flip(service.stage(canaries.bundle(1)).generation);
  const std::string path = host.view("app/yaml-key");
  std::array<int, 2> told{};
  std::array<int, 2> go{};
  REQUIRE(::pipe(told.data()) == 0);
  REQUIRE(::pipe(go.data()) == 0);
  Visitor reader(kOwner, kOwner, [&]() -> Seen {
    const Fd kept(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    char byte = 0;
    if (::write(told[1], &byte, 1) != 1 || ::read(go[0], &byte, 1) != 1) return {.code = EPIPE};
    return read_fd(kept.get());
  });
  char byte = 0;
  REQUIRE(::read(told[0], &byte, 1) == 1);
  service.flip(service.stage(canaries.bundle(2)).generation);
  const pid_t server = program.serving();
  CHECK(search_memory(server, canaries.mark_of(1)).inside > 0);
  REQUIRE(::write(go[1], &byte, 1) == 1);
  CHECK(reader.finish() == Seen{0, canaries.value(1, "inner")});
  CHECK(forgotten(server, canaries.mark_of(1)));
  CHECK(search_memory(server, canaries.mark_of(2)).inside > 0);
  for (const int fd : {told[0], told[1], go[0], go[1]}) ::close(fd);
}

TEST_CASE("the secret service leaves no core when it aborts") {
  Host host;
  // A process that may leave one tells whether this machine makes cores at all.
  const pid_t control = ::fork();
  if (control == 0) {
    ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);  // visitors under other users took it from this process
    ::chdir(host.path("").c_str());
    rlimit unlimited{};
    ::getrlimit(RLIMIT_CORE, &unlimited);
    unlimited.rlim_cur = unlimited.rlim_max;
    ::setrlimit(RLIMIT_CORE, &unlimited);
    ::signal(SIGABRT, SIG_DFL);
    ::abort();
  }
  int status = 0;
  ::waitpid(control, &status, 0);
  const auto cores = [&] {
    std::vector<std::filesystem::path> out;
    for (const auto& entry : std::filesystem::directory_iterator(host.path("")))
      if (entry.path().filename().string().starts_with("core")) out.push_back(entry.path());
    return out;
  };
  if (cores().empty()) WARN("this machine leaves no cores here: the check below proves less");
  for (const auto& core : cores()) std::filesystem::remove(core);

  Program program(host);
  auto service = host.client();
  Canaries canaries(host, new_mark());
  service.flip(service.stage(canaries.bundle(1)).generation);
  const pid_t server = program.serving();
  CHECK_THAT(squeeze(read_file("/proc/" + std::to_string(server) + "/limits")),
             Catch::Matchers::Contains("Max core file size 0 0 bytes"));
  REQUIRE(::kill(server, SIGABRT) == 0);
  static_cast<void>(program.serving(server));
  CHECK_THAT(read_file(program.log_path()), Catch::Matchers::Contains("status=\"signal 6\""));
  CHECK(cores().empty());
  CHECK(search_files(host.path(""), canaries.mark()).empty());
}
