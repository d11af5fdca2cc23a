#include "secrets/service/generation_store.hpp"

#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <filesystem>
#include <fstream>

using namespace hwcsync;
using namespace hwcsync::secrets;

namespace {
const std::string kId(64, 'a');
const SecretBundle kBundle{.manifest = R"({"version":1})",
                           .ciphertexts = {{std::string(40, '1'), "bytes\0more"}}};
}  // namespace

TEST_CASE("what is stored comes back") {
  test::TemporaryDirectory directory;
  const GenerationStore store(directory.path() + "/secrets");
  CHECK(store.list().empty());
  CHECK_FALSE(store.load(kId).has_value());
  store.save(kId, kBundle);
  store.save(kId, kBundle);
  CHECK(store.list() == std::vector{kId});
  const auto loaded = store.load(kId);
  REQUIRE(loaded.has_value());
  CHECK(loaded->manifest == kBundle.manifest);
  CHECK(loaded->ciphertexts == kBundle.ciphertexts);
  store.remove(kId);
  store.remove(kId);
  CHECK(store.list().empty());
}

TEST_CASE("what was not finished is no generation and does not stand in the way") {
  test::TemporaryDirectory directory;
  const GenerationStore store(directory.path());
  std::filesystem::create_directories(directory.path() + "/." + kId + "/ciphertexts");
  std::filesystem::create_directories(directory.path() + "/" + kId + "/ciphertexts");
  std::ofstream(directory.path() + "/" + kId + "/ciphertexts/old") << "x";
  CHECK(store.list().empty());
  CHECK_FALSE(store.load(kId).has_value());
  store.save(kId, kBundle);
  CHECK(store.load(kId)->ciphertexts == kBundle.ciphertexts);
}

TEST_CASE("what cannot be stored leaves nothing behind, and what a dead process left is taken away") {
  test::TemporaryDirectory directory;
  const GenerationStore store(directory.path());
  SecretBundle bundle = kBundle;
  bundle.ciphertexts.emplace("no/such/directory", "x");
  CHECK_THROWS_AS(store.save(kId, bundle), SystemError);
  CHECK(std::filesystem::is_empty(directory.path()));
  std::filesystem::create_directories(directory.path() + "/." + kId + "/ciphertexts");
  std::filesystem::create_directories(directory.path() + "/.other");
  store.save(std::string(64, 'b'), kBundle);
  store.tidy();
  CHECK_FALSE(std::filesystem::exists(directory.path() + "/." + kId));
  CHECK(std::filesystem::exists(directory.path() + "/.other"));
  CHECK(store.list() == std::vector{std::string(64, 'b')});
  GenerationStore(directory.path() + "/nowhere").tidy();
}

TEST_CASE("a name that is no generation id never becomes a path") {
  test::TemporaryDirectory directory;
  const GenerationStore store(directory.path() + "/secrets");
  for (const std::string name : {"", "..", "../secrets", "A", "aa"}) {
    CHECK_FALSE(is_generation_id(name));
    CHECK_THROWS_AS(store.save(name, kBundle), Error);
    CHECK_FALSE(store.load(name).has_value());
    store.remove(name);
  }
  CHECK_FALSE(is_generation_id(std::string(64, 'G')));
  CHECK(std::filesystem::is_directory(directory.path()));
}
