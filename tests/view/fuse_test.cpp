#include "secrets/view/mount_table.hpp"
#include "src/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/view/fuse_fixture.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace hwcsync;
using namespace hwcsync::test;
using secrets::ViewMount;

namespace {

struct View {
  explicit View(std::shared_ptr<const secrets::ViewSnapshot> shown)
      : mount(ViewMount::mount({.path = place.path("view"),
                                .owner = owner(),
                                .snapshot = std::move(shown),
                                .observer = [this](const secrets::AccessEvent& event) {
                                  if (event.op == secrets::AccessEvent::Op::deny) ++denied;
                                  if (event.op == secrets::AccessEvent::Op::open) ++opened;
                                }})) {}
  [[nodiscard]] std::string path(const std::string& name) const { return mount->path() + '/' + name; }
  void show(std::shared_ptr<const secrets::ViewSnapshot> shown) { mount->set(owner(), std::move(shown)); }

  Place place;
  std::atomic<int> denied = 0;
  std::atomic<int> opened = 0;
  std::unique_ptr<ViewMount> mount;
};

// Opens, tells that it has, waits for a byte and then reads through the descriptor.
struct OpenReader {
  OpenReader(uid_t uid, const std::string& path) {
    REQUIRE(::pipe(told) == 0);
    REQUIRE(::pipe(go) == 0);
    visitor = std::make_unique<Visitor>(uid, uid, [this, path]() -> Seen {
      const Fd fd(::open(path.c_str(), O_RDONLY));
      char byte = 0;
      if (::write(told[1], &byte, 1) != 1 || ::read(go[0], &byte, 1) != 1) return {.code = EPIPE};
      if (!fd.valid()) return {.code = EBADF};
      return read_fd(fd.get());
    });
    char byte = 0;
    REQUIRE(::read(told[0], &byte, 1) == 1);
  }
  ~OpenReader() {
    for (const int fd : {told[0], told[1], go[0], go[1]}) ::close(fd);
  }
  Seen finish() {
    const char byte = 0;
    REQUIRE(::write(go[1], &byte, 1) == 1);
    return visitor->finish();
  }
  int told[2]{};
  int go[2]{};
  std::unique_ptr<Visitor> visitor;
};

}  // namespace

TEST_CASE("the owner reads a secret, another user does not and neither does root") {
  View view(snapshot("g1", {{"immich-stack.env", "A=1\n"}, {"immich/db-password", "hunter2"}}));
  const auto file = view.path("immich/db-password");
  CHECK(as_user(kOwner, kOwner, [&] { return read_path(file); }) == Seen{0, "hunter2"});
  CHECK(as_user(kOwner, 99, [&] { return read_path(file); }) == Seen{0, "hunter2"});
  CHECK(view.opened == 2);
  CHECK(as_user(kStranger, kStranger, [&] { return read_path(file); }) == Seen{EACCES, ""});
  CHECK(as_user(0, 0, [&] { return read_path(file); }) == Seen{EACCES, ""});
  CHECK(view.denied >= 2);
  CHECK(view.opened == 2);
}

TEST_CASE("a user of the owner's containers reads it, one beyond the range does not") {
  View view(snapshot("g1", {{"a.env", "A=1\n"}}));
  CHECK(as_user(kContainer, kContainer, [&] { return read_path(view.path("a.env")); }) == Seen{0, "A=1\n"});
  CHECK(as_user(765'536, 1, [&] { return read_path(view.path("a.env")); }) == Seen{EACCES, ""});
}

TEST_CASE("a stranger sees no names and cannot tell one that is there from one that is not") {
  View view(snapshot("g1", {{"a.env", "A=1\n"}, {"s/b", "x"}, {"s/open", "y", 0404}}));
  CHECK(as_user(kOwner, kOwner, [&] { return list(view.path("")); }) == Seen{0, ". .. .generation a.env s"});
  CHECK(as_user(kStranger, 1, [&] { return inode(view.path("a.env")); }).code == EACCES);
  CHECK(as_user(kOwner, kOwner, [&] { return inode(view.path("nothing")); }).code == ENOENT);
  SECTION("a file with a mode for everybody makes its own path visible and nothing else") {
    CHECK(as_user(kStranger, 1, [&] { return list(view.path("s")); }) == Seen{0, ". .. open"});
    CHECK(as_user(kStranger, 1, [&] { return read_path(view.path("s/open")); }) == Seen{0, "y"});
    CHECK(as_user(kStranger, 1, [&] { return read_path(view.path("s/b")); }).code == EACCES);
  }
  SECTION("without one even listing is refused") {
    view.show(snapshot("g2", {{"a.env", "A=1\n"}}));
    CHECK(as_user(kStranger, 1, [&] { return list(view.path("")); }).code == EACCES);
    CHECK(as_user(kStranger, 1, [&] { return inode(view.path("nothing")); }).code == EACCES);
  }
}

TEST_CASE("a flip shows new values under the same inode, and an open file keeps its own") {
  View view(snapshot("g1", {{"a", "old value"}}));
  const auto path = view.path("a");
  const Seen before = as_user(kOwner, kOwner, [&] { return inode(path); });
  OpenReader reader(kOwner, path);
  CHECK(view.mount->server()->pinned_generations() == 1);
  view.show(snapshot("g2", {{"a", "the newer value"}}));
  const Seen after = as_user(kOwner, kOwner, [&] { return inode(path); });
  CHECK(as_user(kOwner, kOwner, [&] { return read_path(path); }) == Seen{0, "the newer value"});
  CHECK(as_user(kOwner, kOwner, [&] { return read_path(view.path(".generation")); }) == Seen{0, "g2\n"});
  CHECK(reader.finish() == Seen{0, "old value"});
  CHECK(before.text == std::to_string(secrets::node_id("a")) + " 9");
  CHECK(after.text == std::to_string(secrets::node_id("a")) + " 15");
}

TEST_CASE("a generation that is decrypted again without its key takes nothing from who has a file open") {
  View view(snapshot("g1", {{"a", "old value"}}));
  OpenReader reader(kOwner, view.path("a"));
  view.show(snapshot("g1", {{"a", "", 0400, "no match"}}));
  CHECK(as_user(kOwner, kOwner, [&] { return read_path(view.path("a")); }) == Seen{EIO, ""});
  CHECK(reader.finish() == Seen{0, "old value"});
}

TEST_CASE("a revoked file refuses even a descriptor that is open") {
  View view(snapshot("g1", {{"a", "old"}, {"b", "kept"}}));
  OpenReader reader(kOwner, view.path("a"));
  view.show(snapshot("g2", {{"b", "kept"}}));
  CHECK(reader.finish() == Seen{EACCES, ""});
  CHECK(as_user(kOwner, kOwner, [&] { return read_path(view.path("a")); }) == Seen{ENOENT, ""});
}

TEST_CASE("a bind-mounted file shows the new value without a new mount") {
  View view(snapshot("g1", {{"a", "old"}}));
  const auto bound = view.place.path("bound");
  Fd(::open(bound.c_str(), O_CREAT | O_WRONLY, 0644));
  // The mount is made by a user who may see the file, as a container engine would: here, root by a mode.
  view.show(snapshot("g1", {{"a", "old", 0404}}));
  const auto source = view.path("a");
  REQUIRE(as_user(0, 0, [&]() -> Seen {
            return {.code =
                        ::mount(source.c_str(), bound.c_str(), nullptr, MS_BIND, nullptr) == 0 ? 0 : errno};
          }) == Seen{});
  view.show(snapshot("g2", {{"a", "new"}}));
  CHECK(as_user(kOwner, kOwner, [&] { return read_path(bound); }) == Seen{0, "new"});
  CHECK(as_user(kStranger, 1, [&] { return read_path(bound); }) == Seen{EACCES, ""});
}

TEST_CASE("a secret that could not be decrypted is there and cannot be opened") {
  View view(snapshot("g1", {{"a", "", 0400, "no match"}, {"b", "fine"}}));
  CHECK(as_user(kOwner, kOwner, [&] { return read_path(view.path("a")); }) == Seen{EIO, ""});
  CHECK(as_user(kOwner, kOwner, [&] { return read_path(view.path("b")); }) == Seen{0, "fine"});
}

TEST_CASE("nothing can be written") {
  View view(snapshot("g1", {{"a", "x"}}));
  const auto path = view.path("a");
  CHECK(as_user(kOwner, kOwner, [&] { return read_path(path, O_WRONLY); }).code == EROFS);
  CHECK(as_user(kOwner, kOwner, [&]() -> Seen {
          return {.code = ::unlink(path.c_str()) == 0 ? 0 : errno};
        }).code == EROFS);
}

TEST_CASE("a secret longer than one request arrives whole") {
  std::string value;
  for (int i = 0; i < 60'000; ++i) value += std::to_string(i) + '\n';
  View view(snapshot("g1", {{"a", value}}));
  CHECK((as_user(kOwner, kOwner, [&] { return read_path(view.path("a")); }) == Seen{0, value}));
}

TEST_CASE("a view is bound into the user's runtime directory and comes back with the same inodes") {
  View view(snapshot("g1", {{"a", "x"}}));
  const std::string run = view.place.path("run");
  const std::string home = run + '/' + std::to_string(kOwner);
  CHECK(secrets::bind_view(view.mount->path(), run, kOwner) == secrets::BindOutcome::no_parent);
  REQUIRE(::mkdir(run.c_str(), 0755) == 0);
  REQUIRE(::mkdir(home.c_str(), 0700) == 0);
  REQUIRE(::chown(home.c_str(), kOwner, kOwner) == 0);
  CHECK(secrets::bind_view(view.mount->path(), run, kOwner) == secrets::BindOutcome::bound);
  CHECK(secrets::bind_view(view.mount->path(), run, kOwner) == secrets::BindOutcome::already);
  const Seen before = as_user(kOwner, kOwner, [&] { return inode(home + "/secrets/a"); });
  CHECK(before.code == 0);
  REQUIRE(secrets::detach_mount(home + "/secrets"));
  CHECK(secrets::bind_view(view.mount->path(), run, kOwner) == secrets::BindOutcome::bound);
  CHECK(as_user(kOwner, kOwner, [&] { return inode(home + "/secrets/a"); }) == before);
  CHECK(as_user(kOwner, kOwner, [&] { return read_path(home + "/secrets/a"); }) == Seen{0, "x"});
}

TEST_CASE("a symlink or files in the user's directory stop the bind") {
  View view(snapshot("g1", {{"a", "x"}}));
  const std::string run = view.place.path("run");
  const std::string home = run + '/' + std::to_string(kOwner);
  REQUIRE(::mkdir(run.c_str(), 0755) == 0);
  REQUIRE(::mkdir(home.c_str(), 0755) == 0);
  SECTION("symlink") {
    REQUIRE(::symlink("/etc", (home + "/secrets").c_str()) == 0);
    CHECK_THROWS_AS(secrets::bind_view(view.mount->path(), run, kOwner), SystemError);
  }
  SECTION("files") {
    REQUIRE(::mkdir((home + "/secrets").c_str(), 0755) == 0);
    Fd(::open((home + "/secrets/immich.env").c_str(), O_CREAT | O_WRONLY, 0600));
    CHECK_THROWS_AS(secrets::bind_view(view.mount->path(), run, kOwner), Error);
  }
}

TEST_CASE("a mount that names a service which accepts nobody does not hold up the bind") {
  View view(snapshot("g1", {{"a", "x"}}));
  const std::string run = view.place.path("run");
  const std::string target = run + '/' + std::to_string(kOwner) + "/secrets";
  std::filesystem::create_directories(target);
  std::filesystem::create_directories(view.place.path("evil"));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  view.place.path("evil/secrets").copy(address.sun_path, sizeof address.sun_path - 1);
  const auto connect = [&](int fd) {
    return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  };
  const auto made = [] { return Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)); };
  const Fd listener = made();
  REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(listener.get(), 0) == 0);
  std::vector<Fd> waiting;
  do {
    waiting.push_back(made());
  } while (connect(waiting.back().get()) == 0);
  REQUIRE(errno == EAGAIN);

  const Fd fuse(::open("/dev/fuse", O_RDWR | O_CLOEXEC));
  const auto mount_by = [&](const std::string& uid) {
    const std::string options =
        "fd=" + std::to_string(fuse.get()) + ",rootmode=40000,group_id=0,user_id=" + uid;
    return ::mount(("hwcsync:" + view.place.path("evil/view/1")).c_str(), target.c_str(), "fuse.hwcsync", 0,
                   options.c_str());
  };
  std::string expected;
  SECTION("of another service of root's") {
    REQUIRE(mount_by("0") == 0);
    expected = "evil shows its view there";
  }
  SECTION("of a user's own making") {
    REQUIRE(mount_by(std::to_string(kOwner)) == 0);
    expected = "another file system";
  }
  CHECK_THROWS_WITH(secrets::bind_view(view.mount->path(), run, kOwner), Catch::Matchers::Contains(expected));
  REQUIRE(secrets::detach_mount(target));
}

TEST_CASE("a mount whose server is gone is found and replaced") {
  Place place;
  auto parts = [&](const std::string& value) {
    return ViewMount::Parts{
        .path = place.path("view"), .owner = owner(), .snapshot = snapshot("g1", {{"a", value}})};
  };
  ViewMount::mount(parts("first")).reset();
  CHECK(as_user(kOwner, kOwner, [&] { return read_path(place.path("view/a")); }).code == ENOTCONN);
  SECTION("by the next mount") {
    const auto next = ViewMount::mount(parts("second"));
    CHECK(as_user(kOwner, kOwner, [&] { return read_path(place.path("view/a")); }) == Seen{0, "second"});
  }
  SECTION("by the sweep at start") {
    CHECK(secrets::detach_views_below(place.root()) == std::vector{place.path("view")});
    CHECK(secrets::detach_views_below(place.root()).empty());
  }
}

TEST_CASE("readers of a server that is stuck are let go by an abort") {
  Place place;
  std::array<int, 2> stuck{};
  REQUIRE(::pipe(stuck.data()) == 0);
  const auto mount = ViewMount::mount({.path = place.path("view"),
                                       .owner = owner(),
                                       .snapshot = snapshot("g1", {{"a", "the value"}}),
                                       .observer = [&stuck](const secrets::AccessEvent&) {
                                         char byte = 0;
                                         static_cast<void>(!::read(stuck[0], &byte, 1));
                                       }});
  CHECK(mount->server()->busy_for().count() == 0);
  Visitor reader(kOwner, kOwner, [&] { return read_path(place.path("view/a")); });
  for (int i = 0; i < 5000 && mount->server()->busy_for().count() < 20; ++i) ::usleep(1000);
  CHECK(mount->server()->busy_for().count() >= 20);
  secrets::abort_view(place.path("view"));
  const int code = reader.finish().code;
  CHECK((code == ECONNABORTED || code == ENOTCONN));
  // It lets go of what it was stuck in, and notices.
  CHECK(::write(stuck[1], "xx", 2) == 2);
  for (int i = 0; i < 5000 && mount->serving(); ++i) ::usleep(1000);
  CHECK_FALSE(mount->serving());
  for (const int fd : stuck) ::close(fd);
}
