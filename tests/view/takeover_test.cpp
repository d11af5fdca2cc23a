#include "src/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/view/fuse_fixture.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <mutex>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace hwcsync;
using namespace hwcsync::test;
using secrets::ViewMount;

namespace {

ViewMount::Parts parts(const Place& place, secrets::AccessObserver observer = {}) {
  return {.path = place.path("view"),
          .owner = owner(),
          .snapshot = snapshot("g1", {{"a", "the value"}}),
          .observer = std::move(observer)};
}

void send_fd(int socket, int fd) {
  char byte = 'f';
  iovec part{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  ::sendmsg(socket, &message, 0);
}

Fd receive_fd(int socket) {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  REQUIRE(::recvmsg(socket, &message, MSG_CMSG_CLOEXEC) == 1);
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  REQUIRE(header != nullptr);
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return Fd(fd);
}

enum class Death { when_told, in_the_middle_of_an_open };

// A server in a process of its own. Like systemd's descriptor store, we hold what it needs to be succeeded.
class ServerProcess {
 public:
  ServerProcess(const Place& place, Death death) {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      const auto mount = ViewMount::mount(parts(place, [death](const secrets::AccessEvent&) {
        if (death == Death::in_the_middle_of_an_open) ::raise(SIGKILL);
      }));
      send_fd(ends[1], mount->server()->fuse_fd());
      const Fd sealed = secrets::seal_init(mount->server()->init_request());
      send_fd(ends[1], sealed.get());
      for (;;) ::pause();
    }
    ::close(ends[1]);
    const Fd socket(ends[0]);
    fuse_ = receive_fd(socket.get());
    init_ = receive_fd(socket.get());
  }
  ~ServerProcess() { kill(); }
  void kill() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    await();
  }
  void await() {
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  ViewMount::Legacy legacy() { return {.fuse = std::move(fuse_), .init = secrets::read_sealed_init(init_)}; }

 private:
  pid_t pid_ = -1;
  Fd fuse_;
  Fd init_;
};

// Has opened the file when it is there, and reads it when it is told to.
class LateReader {
 public:
  explicit LateReader(const Place& place) {
    std::array<int, 2> told{};
    std::array<int, 2> go{};
    REQUIRE(::pipe(told.data()) == 0);
    REQUIRE(::pipe(go.data()) == 0);
    const Fd opened(told[0]);
    go_ = Fd(go[1]);
    visitor_ = std::make_unique<Visitor>(kOwner, kOwner, [&place, tell = told[1], wait = go[0]]() -> Seen {
      const Fd telling(tell);
      const Fd waiting(wait);
      const Fd kept(::open(place.path("view/a").c_str(), O_RDONLY));
      char byte = 0;
      if (::write(tell, &byte, 1) != 1 || ::read(wait, &byte, 1) != 1) return {.code = EPIPE};
      return read_fd(kept.get());
    });
    char byte = 0;
    REQUIRE(::read(opened.get(), &byte, 1) == 1);
  }
  ~LateReader() { go_.reset(); }
  LateReader(const LateReader&) = delete;
  LateReader& operator=(const LateReader&) = delete;

  Seen read() {
    const char byte = 0;
    REQUIRE(::write(go_.get(), &byte, 1) == 1);
    return visitor_->finish();
  }

 private:
  Fd go_;
  std::unique_ptr<Visitor> visitor_;
};

}  // namespace

TEST_CASE("a killed server is succeeded without one failed read") {
  Place place;
  ServerProcess first(place, Death::when_told);
  const auto file = place.path("view/a");
  const Seen before = as_user(kOwner, kOwner, [&] { return inode(file); });
  CHECK(as_user(kOwner, kOwner, [&] { return read_path(file); }) == Seen{0, "the value"});

  // Opens under the first server and reads until we stop it, over its death.
  std::array<int, 2> stop{};
  REQUIRE(::pipe(stop.data()) == 0);
  ::fcntl(stop[0], F_SETFL, O_NONBLOCK);
  std::array<int, 2> ready{};
  REQUIRE(::pipe(ready.data()) == 0);
  Visitor reader(kOwner, kOwner, [&]() -> Seen {
    const Fd kept(::open(file.c_str(), O_RDONLY));
    char byte = 0;
    if (::write(ready[1], &byte, 1) != 1) return {.code = EPIPE};
    do {
      const Seen seen = read_path(file);
      if (seen.code != 0 || seen.text != "the value") return seen;
    } while (::read(stop[0], &byte, 1) != 1);
    return read_fd(kept.get());
  });
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  first.kill();
  Visitor waiting(kOwner, kOwner, [&] { return read_path(file); });

  const auto second = ViewMount::take_over(parts(place), first.legacy());
  CHECK(waiting.finish() == Seen{0, "the value"});
  REQUIRE(::write(stop[1], &byte, 1) == 1);
  CHECK(reader.finish() == Seen{0, "the value"});
  CHECK(as_user(kOwner, kOwner, [&] { return inode(file); }) == before);
  for (const int fd : {stop[0], stop[1], ready[0], ready[1]}) ::close(fd);
}

TEST_CASE("what the dead server had read and not answered is asked again") {
  Place place;
  ServerProcess first(place, Death::in_the_middle_of_an_open);
  Visitor waiting(kOwner, kOwner, [&] { return read_path(place.path("view/a")); });
  first.await();
  const auto second = ViewMount::take_over(parts(place), first.legacy());
  if (second->server()->resend() == secrets::Resend::unsupported) {
    WARN("this kernel cannot resend requests (Linux 6.9 can)");
    second->unmount();
    return;
  }
  CHECK(waiting.finish() == Seen{0, "the value"});
}

TEST_CASE("a file that the predecessor opened keeps its generation over a flip of the successor") {
  Place place;
  ServerProcess first(place, Death::when_told);
  LateReader reader(place);
  first.kill();
  auto successor = parts(place);
  std::mutex mutex;
  std::weak_ptr<const secrets::ViewSnapshot> found_again;
  successor.former = [&](std::uint64_t handle) {
    auto found = snapshot("g1", {{"a", "the value"}});
    const std::lock_guard<std::mutex> guard(mutex);
    found_again = found;
    return handle == found->handle() ? found : nullptr;
  };
  const auto second = ViewMount::take_over(std::move(successor), first.legacy());
  second->set(owner(), snapshot("g2", {{"a", "another"}}));
  CHECK(reader.read() == Seen{0, "the value"});
  // The kernel tells of the close some time after it.
  const auto forgotten = [&] {
    const std::lock_guard<std::mutex> guard(mutex);
    return found_again.expired();
  };
  for (int i = 0; i < 1000 && !forgotten(); ++i) ::usleep(1000);
  CHECK(forgotten());
}

TEST_CASE("a file that the predecessor opened and the successor cannot decrypt is an error, not empty") {
  Place place;
  ServerProcess first(place, Death::when_told);
  LateReader reader(place);
  first.kill();
  auto successor = parts(place);
  successor.snapshot = snapshot("g1", {{"a", "", 0400, "no match"}});
  const auto second = ViewMount::take_over(std::move(successor), first.legacy());
  CHECK(reader.read() == Seen{EIO, ""});
}

TEST_CASE("garbage instead of the recorded start is refused") {
  CHECK_THROWS_AS(secrets::FuseServer({.fuse = Fd(::open("/dev/null", O_RDWR)), .init = "garbage"}, owner(),
                                      snapshot("g1", {}), {}),
                  Error);
}
