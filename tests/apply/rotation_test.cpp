#include "gitops/apply/rotation.hpp"

#include "src/base/fd.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <filesystem>

namespace hwcsync::apply {
namespace {

plan::SecretChange change(const std::string& name, plan::Fact fact, const std::string& unit,
                          std::optional<plan::InPlace> in_place) {
  return {"photos", name, "db.yaml", fact, {}, {unit}, std::move(in_place)};
}

TEST_CASE("units restart whole as soon as one of their new secrets asks for it, and unknown counts as new") {
  using plan::Fact;
  const std::vector<plan::SecretChange> secrets{
      change("a", Fact::rotated, "photos-stack", plan::InPlace{{"db", "app"}, {}}),
      change("b", Fact::unknown, "photos-stack", plan::InPlace{{"web", "db"}, {"app"}}),
      change("c", Fact::rotated, "mail-stack", plan::InPlace{{"web"}, {}}),
      change("d", Fact::rotated, "mail-stack", std::nullopt),
      change("e", Fact::same, "quiet-stack", plan::InPlace{{"web"}, {}}),
  };
  const Rotation out = rotation_of(secrets);
  CHECK(out.units == std::set<std::string>{"mail-stack.service", "photos-stack.service"});
  REQUIRE(out.in_place.size() == 1);
  CHECK(out.in_place.at("photos-stack.service").stack == "photos");
  CHECK(out.in_place.at("photos-stack.service").services == plan::InPlace{{"db", "web"}, {"app"}});
}

TEST_CASE("lists are there as long as the reload takes, for stacks with containers that read files") {
  const test::TemporaryDirectory directory;
  const std::string file = directory.path() + "/rotated/photos";
  {
    const WallTime since{std::chrono::seconds(1'790'000'000)};
    const std::vector<ReloadedStack> stacks{{"photos", {{"db", "web"}, {"app"}}}, {"mail", {}}};
    const std::vector<ContainerStatus> before{{.name = "photos-db-1", .stack = "photos", .instance = "a1:17"},
                                              {.name = "mail-web-1", .stack = "mail", .instance = "b2:18"},
                                              {.name = "photos-web-1", .stack = "photos"}};
    const RotationLists lists(directory.path(), since, stacks, before);
    CHECK(read_file(file) == "since 1790000000\nrestart db\nrestart web\nanew app\nwas a1:17\n");
    CHECK_FALSE(std::filesystem::exists(directory.path() + "/rotated/mail"));
  }
  CHECK_FALSE(std::filesystem::exists(file));
}

}  // namespace
}  // namespace hwcsync::apply
