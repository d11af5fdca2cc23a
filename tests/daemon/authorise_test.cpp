#include "src/daemon/authorise.hpp"

#include "tests/support/catch.hpp"

#include <algorithm>

#include <unistd.h>

namespace hwcsync::daemon {
namespace {

TEST_CASE("everyone may read, root and the group may act") {
  constexpr gid_t kGroup = 980;
  struct Row {
    uid_t uid;
    std::vector<gid_t> groups;
    std::optional<gid_t> group;
    bool may_act;
  };
  const std::vector<Row> rows{
      {0, {0}, kGroup, true},          {0, {0}, std::nullopt, true},
      {1000, {100}, kGroup, false},    {1000, {100, kGroup}, kGroup, true},
      {1000, {kGroup}, kGroup, true},  {1000, {100, kGroup}, std::nullopt, false},
      {1000, {}, kGroup, false},       {1000, {0}, kGroup, false},  // group root is not root
      {65534, {65534}, kGroup, false},
  };
  for (const Row& row : rows) {
    const Caller caller{.uid = row.uid, .groups = row.groups};
    CHECK(permitted(caller, Right::read, row.group));
    CHECK(permitted(caller, Right::act, row.group) == row.may_act);
  }
}

TEST_CASE("a caller that the user database does not know has its number and its own group") {
  const Caller caller = caller_of(3'999'999'999U, 3'999'999'998U);
  CHECK(caller.name == "3999999999");
  CHECK(caller.groups == std::vector<gid_t>{3'999'999'998U});
}

TEST_CASE("the caller's own primary group is among its groups") {
  const Caller caller = caller_of(::getuid(), ::getgid());
  CHECK(std::find(caller.groups.begin(), caller.groups.end(), ::getgid()) != caller.groups.end());
}

}  // namespace
}  // namespace hwcsync::daemon
