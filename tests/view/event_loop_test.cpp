#include "src/base/event_loop.hpp"

#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "src/base/service_notify.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace hwcsync;
using std::chrono::milliseconds;

TEST_CASE("a descriptor wakes the loop and a source that is gone does not") {
  EventLoop loop;
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const Fd in(ends[0]);
  const Fd out(ends[1]);
  int woken = 0;
  auto source = loop.watch(in.get(), {.readable = true}, [&](Readiness ready) {
    CHECK(ready.readable);
    ++woken;
  });
  CHECK(loop.step(milliseconds(0)) == EventLoop::Step::idle);
  write_all(out.get(), "x", "a pipe");
  CHECK(loop.step(milliseconds(1000)) == EventLoop::Step::worked);
  CHECK(woken == 1);
  source.reset();
  CHECK(loop.step(milliseconds(0)) == EventLoop::Step::idle);
}

TEST_CASE("a source may end itself inside its own callback") {
  EventLoop loop;
  EventLoop::Source source;
  std::string kept = "still here";
  source = loop.soon([&source, kept] {
    source.reset();
    CHECK(kept == "still here");
  });
  CHECK(loop.step(milliseconds(0)) == EventLoop::Step::worked);
  CHECK_FALSE(source);
  CHECK(loop.step(milliseconds(0)) == EventLoop::Step::idle);
}

TEST_CASE("a timer that is set at the end of long work does not count the work") {
  EventLoop loop;
  const milliseconds delay(200);
  std::chrono::steady_clock::time_point set;
  EventLoop::Source timer;
  auto work = loop.soon([&] {
    std::this_thread::sleep_for(2 * delay);
    set = std::chrono::steady_clock::now();
    timer = loop.after(delay, [&] { CHECK(std::chrono::steady_clock::now() - set >= delay); });
  });
  CHECK(loop.step(milliseconds(0)) == EventLoop::Step::worked);
  CHECK(loop.step(milliseconds(10'000)) == EventLoop::Step::worked);
  work = loop.soon([&] {
    std::this_thread::sleep_for(2 * delay);
    set = std::chrono::steady_clock::now();
    timer.rearm(delay);
  });
  CHECK(loop.step(milliseconds(0)) == EventLoop::Step::worked);
  CHECK(loop.step(milliseconds(10'000)) == EventLoop::Step::worked);
}

TEST_CASE("a timer fires once unless it is rearmed") {
  EventLoop loop;
  int fired = 0;
  EventLoop::Source timer;
  timer = loop.after(milliseconds(0), [&] {
    if (++fired < 3) timer.rearm(milliseconds(0));
  });
  while (loop.step(milliseconds(20)) == EventLoop::Step::worked) {
  }
  CHECK(fired == 3);
}

TEST_CASE("an exception of a callback comes out of step") {
  EventLoop loop;
  const auto source = loop.soon([] { throw Error("cannot do", "it", "on purpose"); });
  CHECK_THROWS_AS(loop.step(milliseconds(0)), Error);
  CHECK(loop.step(milliseconds(0)) == EventLoop::Step::idle);
}

TEST_CASE("a signal arrives in the loop") {
  EventLoop loop;
  int seen = 0;
  const auto source = loop.on_signal(SIGUSR1, [&] { ++seen; });
  ::raise(SIGUSR1);
  CHECK(loop.step(milliseconds(1000)) == EventLoop::Step::worked);
  CHECK(seen == 1);
}

TEST_CASE("the end of a child is seen once, with its status") {
  EventLoop loop;
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(7);
  int status = -1;
  const auto source = loop.on_child(pid, [&](int ended) { status = ended; });
  CHECK(loop.step(milliseconds(5000)) == EventLoop::Step::worked);
  CHECK(WEXITSTATUS(status) == 7);
  CHECK(loop.step(milliseconds(0)) == EventLoop::Step::idle);
}

TEST_CASE("exit ends run with its code") {
  EventLoop loop;
  const auto source = loop.soon([&] { loop.exit(3); });
  CHECK(loop.run() == 3);
  CHECK(loop.step(milliseconds(0)) == EventLoop::Step::exited);
}

TEST_CASE("notifications and stored descriptors reach the service manager") {
  test::TemporaryDirectory directory;
  const std::string path = directory.path() + "/notify";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  CHECK_FALSE(service_manager_listens());
  CHECK_FALSE(store_fd("view-1", 0));
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);

  std::array<char, 4096> block;
  alignas(cmsghdr) std::array<char, 256> control{};
  const auto next = [&](int& fd) -> std::string {
    iovec part{block.data(), block.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t count = ::recvmsg(socket.get(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); count >= 0 && header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_type == SCM_RIGHTS) std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    }
    return count < 0 ? "nothing" : std::string(block.data(), static_cast<std::size_t>(count));
  };
  int fd = -1;
  notify_ready("serving 2 views\nREADY=0");
  CHECK(next(fd) == "READY=1\nSTATUS=serving 2 views");
  CHECK(store_fd("view-1000", socket.get()));
  CHECK(next(fd) == "FDSTORE=1\nFDPOLL=0\nFDNAME=view-1000");
  CHECK(fd >= 0);
  const Fd received(fd);
  forget_stored_fd("view-1000");
  CHECK(next(fd) == "FDSTOREREMOVE=1\nFDNAME=view-1000");
  ::unsetenv("NOTIFY_SOCKET");
}

TEST_CASE("without a service manager no descriptors were passed") {
  CHECK(take_passed_fds().empty());
}
