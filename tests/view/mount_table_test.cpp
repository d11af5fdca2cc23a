#include "secrets/view/mount_table.hpp"

#include "tests/support/catch.hpp"

using namespace hwcsync::secrets;

TEST_CASE("mountinfo is read with optional fields, escapes and stacked mounts") {
  const auto mounts = parse_mountinfo(
      "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
      "40 22 0:50 / /run/a\\040b ro - fuse.hwcsync hwcsync ro,user_id=0\n"
      "broken line\n"
      "41 22 0:51 / /run/a\\040b ro shared:2 master:1 - tmpfs tmpfs ro\n");
  REQUIRE(mounts.size() == 3);
  CHECK(mounts[1] == MountPoint{"0:50", "/run/a b", "fuse.hwcsync", "hwcsync", "ro,user_id=0"});
  CHECK(is_view(mounts[1]));
  CHECK(mounted_at(mounts, "/run/a b")->device == "0:51");
  CHECK_FALSE(mounted_at(mounts, "/run/a").has_value());
}

TEST_CASE("what a user mounted under our type is no view of ours") {
  const MountPoint theirs{"0:50", "/run/user/1000/secrets", "fuse.hwcsync", "hwcsync:/tmp/x/view/1",
                          "rw,user_id=1000,group_id=100"};
  CHECK_FALSE(is_view(theirs));
}

TEST_CASE("this process's own mounts can be read") {
  CHECK(mounted_at(current_mounts(), "/").has_value());
}
