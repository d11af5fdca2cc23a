#include "secrets/service/local_service.hpp"

#include "src/base/clock.hpp"
#include "src/base/fd.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

using namespace hwcsync;
using namespace hwcsync::secrets;

namespace {

// What is written to stderr as long as it lives, which is the log.
class Heard {
 public:
  Heard() : path_(directory_.path() + "/log"), stderr_(::fcntl(2, F_DUPFD_CLOEXEC, 3)) {
    const Fd file(::open(path_.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600));
    ::dup2(file.get(), 2);
  }
  ~Heard() { ::dup2(stderr_.get(), 2); }
  Heard(const Heard&) = delete;
  Heard& operator=(const Heard&) = delete;
  [[nodiscard]] std::ptrdiff_t lines() const {
    std::ifstream in(path_);
    return std::count(std::istreambuf_iterator<char>(in), {}, '\n');
  }

 private:
  const test::TemporaryDirectory directory_;
  std::string path_;
  Fd stderr_;
};

}  // namespace

TEST_CASE("what only the disk has kept of earlier generations is listed and can be dropped") {
  const test::TemporaryDirectory directory;
  const GenerationStore store(directory.path() + "/state/secrets");
  const std::string older(64, 'a');
  const std::string newer(64, 'b');
  const SecretBundle bundle{.manifest = R"({"version":1})", .ciphertexts = {}};
  store.save(newer, bundle);
  store.save(older, bundle);
  const SystemClock clock;
  LocalSecretService service({.runtime_dir = directory.path() + "/run",
                              .state_dir = directory.path() + "/state",
                              .generation_file = directory.path() + "/generation"},
                             clock);
  CHECK(service.status().staged == std::vector{older, newer});
  std::ofstream(directory.path() + "/generation") << older << '\n';
  CHECK_THROWS_WITH(service.drop(older), Catch::Matchers::Contains("the running system names it"));
  std::filesystem::remove(directory.path() + "/generation");
  std::filesystem::create_directory(directory.path() + "/generation");
  CHECK_THROWS_WITH(service.drop(older), Catch::Matchers::Contains("cannot be told"));
  std::filesystem::remove(directory.path() + "/generation");
  service.drop(older);
  CHECK(service.status().staged == std::vector{newer});
  CHECK(store.list() == std::vector{newer});
}

TEST_CASE("what fails for a lasting reason is tried again with pauses, and told when the reason is another") {
  const test::TemporaryDirectory directory;
  const std::string id(64, 'a');
  const GenerationStore store(directory.path() + "/state/secrets");
  store.save(id, {.manifest = R"({"version":1,"host":"server","files":[]})", .ciphertexts = {}});
  std::ofstream(directory.path() + "/generation") << id << '\n';
  std::filesystem::create_directory(directory.path() + "/run");
  test::FakeClock clock;
  LocalSecretService service({.identities = {directory.path() + "/key"},
                              .runtime_dir = directory.path() + "/run",
                              .state_dir = directory.path() + "/state",
                              .generation_file = directory.path() + "/generation"},
                             clock);
  const auto watch = [&](int times) {
    for (int i = 0; i < times; ++i) {
      service.watch(std::chrono::seconds(20));
      clock.sleep_for(std::chrono::milliseconds(200));
    }
  };
  const auto problem = [&] { return service.status().problem; };
  const Heard heard;
  service.start({});
  CHECK(heard.lines() == 2);  // the identity, and the generation
  watch(100);
  CHECK(heard.lines() == 2);
  CHECK_THROWS_WITH(service.mount(1000), Catch::Matchers::Contains("NotServing"));

  SECTION("a try follows the pause") {
    store.remove(id);
    watch(10);
    CHECK_THAT(problem(), Catch::Matchers::Contains("is another one"));
    watch(20);
    CHECK_THAT(problem(), Catch::Matchers::Contains("not stored on this machine"));
    CHECK(heard.lines() == 3);
  }
  SECTION("another identity is tried at once, and another generation") {
    store.remove(id);
    std::ofstream(directory.path() + "/key") << "no key\n";
    watch(1);
    CHECK_THAT(problem(), Catch::Matchers::Contains("not stored on this machine"));
    CHECK(heard.lines() == 4);
    std::ofstream(directory.path() + "/generation") << std::string(64, 'b') << '\n';
    watch(1);
    CHECK_THAT(problem(), Catch::Matchers::Contains(std::string(64, 'b')));
    CHECK(heard.lines() == 6);  // what is named, and what is wrong with it
    watch(100);
    CHECK(heard.lines() == 6);
  }
  SECTION("who asks for a reload gets a try and all the reasons") {
    service.reload();
    CHECK(heard.lines() == 4);
    watch(100);
    CHECK(heard.lines() == 4);
  }
  SECTION("what was staged is tried at once") {
    const SecretBundle bundle{.manifest = R"({"version":1,"host":"server","files":[]})", .ciphertexts = {}};
    const std::string staged = service.stage(bundle).generation;
    service.drop(staged);
    std::ofstream(directory.path() + "/generation") << staged << '\n';
    watch(1);
    CHECK_THAT(problem(), Catch::Matchers::Contains("not stored on this machine"));
    service.stage(bundle);
    watch(1);
    CHECK(service.status().generation == staged);
    CHECK(problem().empty());
  }
}
