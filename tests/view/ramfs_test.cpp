// The fallback without FUSE: the same names, owners and modes on a ramfs.
#include "secrets/view/mount_table.hpp"
#include "tests/support/catch.hpp"
#include "tests/view/service_fixture.hpp"

#include <cerrno>
#include <csignal>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace hwcsync;
using namespace hwcsync::test;

TEST_CASE("without FUSE the owner reads files on a ramfs and nobody else does") {
  Host host;
  host.use(secrets::Backend::ramfs);
  host.start();
  const auto generation = deploy(host, {{"app/a", "one"}, {"app/b", "two"}, {"app.env", "X=1\n"}});
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "one"});
  CHECK(owner_reads(host.bound("app.env")) == Seen{0, "X=1\n"});
  CHECK(owner_reads(host.bound(".generation")) == Seen{0, generation + "\n"});
  CHECK(as_user(kStranger, kStranger, [&] { return read_path(host.bound("app/a")); }) == Seen{EACCES, ""});
  CHECK(as_user(kContainer, kContainer, [&] { return read_path(host.bound("app/a")); }) == Seen{EACCES, ""});

  struct stat found {};
  REQUIRE(::stat(host.view("app/a").c_str(), &found) == 0);
  CHECK(found.st_uid == kOwner);
  CHECK(found.st_gid == kOwner);
  CHECK((found.st_mode & 07777U) == 0400);
  // Even the owner writes nothing, and makes nothing that memory would have to hold.
  CHECK(as_user(kOwner, kOwner, [&] { return read_path(host.bound("app/a"), O_RDWR); }).code == EACCES);
  CHECK(as_user(kOwner, kOwner, [&] { return read_path(host.bound("new"), O_RDWR | O_CREAT); }).code ==
        EROFS);
  const auto mount =
      secrets::mounted_at(secrets::current_mounts(), host.bound("").substr(0, host.bound("").size() - 1));
  REQUIRE(mount);
  CHECK(mount->type == "ramfs");
  // Whoever comes past the door by root's view of it does not come past the other one.
  CHECK(as_user(kOwner, kOwner, [&] {
          return list(host.options().runtime_dir + "/ramfs/" + std::to_string(kOwner));
        }).code == EACCES);

  const auto status = host.client().status();
  CHECK(status.backend == "ramfs");
  CHECK(status.lacks.size() == 3);
  CHECK(status.audit.opens == 0);
}

TEST_CASE("a flip on a ramfs switches all names at once and leaves nothing of the old ones") {
  Host host;
  host.use(secrets::Backend::ramfs);
  host.start();
  deploy(host, {{"app/a", "one"}, {"old.env", "X=1\n"}});
  // A directory that was opened before is of the old generation as a whole.
  const auto now = [&] {
    return owner_reads(host.bound("app/a")).text + owner_reads(host.bound("app/b")).text;
  };
  CHECK(now() == "one");
  deploy(host, {{"app/a", "two"}, {"app/b", "three"}});
  CHECK(now() == "twothree");
  CHECK(owner_reads(host.bound("old.env")).code == ENOENT);
  const std::string backing = host.options().runtime_dir + "/ramfs/" + std::to_string(kOwner);
  CHECK_FALSE(std::filesystem::exists(std::filesystem::symlink_status(backing + "/old.env")));
  std::size_t generations = 0;
  for (const auto& entry : std::filesystem::directory_iterator(backing + "/.generations"))
    generations += entry.is_directory() ? 1 : 0;
  CHECK(generations == 1);
  // What cannot be decrypted is not there.
  auto service = host.client();
  service.flip(service.stage(Host::foreign_bundle({{"app/a", "four"}})).generation);
  CHECK(owner_reads(host.bound("app/a")).code == ENOENT);
}

TEST_CASE("files on a ramfs outlive the service, and its successor goes on with them") {
  Host host;
  host.use(secrets::Backend::ramfs);
  host.start();
  deploy(host, {{"app/a", "one"}});
  const auto device = [&] {
    return secrets::mounted_at(secrets::current_mounts(), host.bound("").substr(0, host.bound("").size() - 1))
        ->device;
  };
  const std::string before = device();
  host.kill(SIGKILL);
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "one"});
  host.start();
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "one"});
  CHECK(device() == before);
  deploy(host, {{"app/a", "two"}});
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "two"});

  // And from one backend to the other.
  host.kill(SIGTERM);
  host.use(secrets::Backend::fuse);
  host.start();
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "two"});
  CHECK(host.client().status().backend == "fuse");
  for (const secrets::MountPoint& mount : secrets::current_mounts()) {
    CHECK_FALSE((mount.type == "ramfs" && mount.path.starts_with(host.path(""))));
  }
  host.kill(SIGTERM);
  host.use(secrets::Backend::ramfs);
  host.start();
  CHECK(owner_reads(host.bound("app/a")) == Seen{0, "two"});
  CHECK(host.client().status().backend == "ramfs");
}
