#include "secrets/view/access.hpp"

#include "tests/support/catch.hpp"

using namespace hwcsync::secrets;

namespace {
const ViewOwner kHome{.uid = 1000, .sub_uids = {{100000, 65536}}};
const ViewOwner kRoot{.uid = 0};
const ViewEntry kPrivate{.path = "a", .uid = 1000, .gid = 1000, .mode = 0400};

Verdict ask(const ViewOwner& owner, uid_t uid, gid_t gid, const ViewEntry& entry) {
  return decide(owner, Caller{.uid = uid, .gid = gid}, entry);
}
}  // namespace

TEST_CASE("owner and container users may read, all others may not") {
  CHECK(ask(kHome, 1000, 1000, kPrivate) == Verdict::allow);
  CHECK(ask(kHome, 1000, 5, kPrivate) == Verdict::allow);
  CHECK(ask(kHome, 100000, 100000, kPrivate) == Verdict::allow);
  CHECK(ask(kHome, 165535, 1, kPrivate) == Verdict::allow);
  CHECK(ask(kHome, 165536, 1, kPrivate) == Verdict::deny);
  CHECK(ask(kHome, 99999, 1, kPrivate) == Verdict::deny);
  CHECK(ask(kHome, 1001, 1000, kPrivate) == Verdict::deny);
}

TEST_CASE("root reads the view of uid 0 and no other") {
  CHECK(ask(kHome, 0, 0, kPrivate) == Verdict::deny);
  CHECK(ask(kRoot, 0, 0, {.path = "a", .uid = 0}) == Verdict::allow);
  CHECK(ask(kRoot, 1000, 1000, {.path = "a", .uid = 0}) == Verdict::deny);
}

TEST_CASE("a file may be for another uid, a group or everybody when it says so") {
  CHECK(ask(kRoot, 999, 999, {.path = "a", .uid = 999, .gid = 999}) == Verdict::allow);
  CHECK(ask(kRoot, 5, 70, {.path = "a", .gid = 70, .mode = 0440}) == Verdict::allow);
  CHECK(ask(kRoot, 5, 71, {.path = "a", .gid = 70, .mode = 0440}) == Verdict::deny);
  CHECK(ask(kRoot, 5, 70, {.path = "a", .gid = 70, .mode = 0400}) == Verdict::deny);
  CHECK(ask(kRoot, 5, 5, {.path = "a", .mode = 0404}) == Verdict::allow);
}

TEST_CASE("a range never wraps around") {
  const IdRange last{.first = 4294967290U, .count = 100};
  CHECK(last.contains(4294967295U));
  CHECK_FALSE(last.contains(5));
}

TEST_CASE("sub-ids are found by name and by number, and bad lines are skipped") {
  const std::string text =
      "# comment\nhomelab:100000:65536\n1000:300000:1000\nother:500000:65536\nhomelab:x:1\nhomelab:1\n"
      "homelab:0:100000\nhomelab:4294967295:10\nhomelab:700000:0\n";
  CHECK(parse_sub_ids(text, "homelab", 1000) == std::vector<IdRange>{{100000, 65536}, {300000, 1000}});
  CHECK(parse_sub_ids(text, "", 1000) == std::vector<IdRange>{{300000, 1000}});
  CHECK(parse_sub_ids(text, "nobody", 7).empty());
}
