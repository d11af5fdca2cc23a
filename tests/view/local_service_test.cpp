#include "secrets/service/local_service.hpp"

#include "src/base/clock.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace hwcsync;
using namespace hwcsync::secrets;

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
