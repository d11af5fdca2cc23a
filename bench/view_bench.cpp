// Opening, reading and closing a secret in the view, beside a FUSE file system that returns a constant and
// beside tmpfs (DESIGN 11). Each server is a process of its own. Root only.
#include "secrets/audit/audit_log.hpp"
#include "secrets/audit/caller_process.hpp"
#include "secrets/view/view_mount.hpp"
#include "src/base/atomic_file.hpp"
#include "src/base/clock.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>

#include "bench/constant_fs.hpp"
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace hwcsync;

std::string place;  // holds the directories "tmpfs", "constant" and "view"

// What the service does with each access.
void serve_view(const std::string& directory) {
  static SystemClock clock;
  static secrets::AuditLog audit(clock, 4096);
  static const std::string value = "a constant of thirty-two bytes.\n";
  secrets::ViewEntry entry;
  entry.path = "value";
  entry.stack = "bench";
  entry.secret = "value";
  entry.mode = 0444;
  entry.content = secrets::as_bytes(value);
  auto snapshot = std::make_shared<const secrets::ViewSnapshot>(
      "generation", std::vector<secrets::ViewEntry>{entry}, nullptr, 0);
  const auto observer = [](const secrets::AccessEvent& event) {
    secrets::AuditRecord record;
    record.view = event.view;
    record.uid = event.caller.uid;
    record.gid = event.caller.gid;
    record.path = event.path;
    record.stack = event.stack;
    record.secret = event.secret;
    record.generation = event.generation;
    thread_local secrets::CallerMemory callers;
    const auto op =
        event.op == secrets::AccessEvent::Op::read ? secrets::AuditOp::read : secrets::AuditOp::open;
    record.op = op;
    const auto& process = callers.identify(event.caller.tid, event.path, op);
    record.pid = process.pid;
    record.exe = process.exe;
    record.unit = process.unit;
    record.container = process.container;
    audit.add(std::move(record));
  };
  const auto mount = secrets::ViewMount::mount({directory, {}, std::move(snapshot), observer});
  while (mount->server() != nullptr && mount->server()->serving())
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

pid_t start(const std::function<void()>& serve) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  serve();
  std::_Exit(0);
}

void read_file_of(benchmark::State& state, const std::string& directory) {
  const std::string path = place + '/' + directory + "/value";
  std::array<char, 4096> buffer{};
  for (auto _ : state) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    ::close(fd);
    if (count != 32) state.SkipWithError("not read");
  }
}
BENCHMARK_CAPTURE(read_file_of, tmpfs, "tmpfs")->UseRealTime();
BENCHMARK_CAPTURE(read_file_of, constant, "constant")->UseRealTime();
BENCHMARK_CAPTURE(read_file_of, view, "view")->UseRealTime();

bool wait_for(const std::string& directory) {
  for (int tries = 0; tries < 500; ++tries) {
    if (::access((place + '/' + directory + "/value").c_str(), R_OK) == 0) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  if (::geteuid() != 0 || ::access("/dev/fuse", R_OK | W_OK) != 0) {
    std::fputs("needs root and /dev/fuse\n", stderr);
    return 1;
  }
  std::string name = "/tmp/hwcsync-bench-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) return 1;
  place = name;
  for (const char* directory : {"tmpfs", "constant", "view"}) make_directories(place + '/' + directory, 0755);
  bool there = ::mount("tmpfs", (place + "/tmpfs").c_str(), "tmpfs", 0, "mode=0755") == 0;
  if (there) {
    AtomicFile file(place + "/tmpfs/value", 0444);
    file.write("a constant of thirty-two bytes.\n");
    file.commit();
  }
  const pid_t constant = start([] { hwcsync::bench::serve_constant(place + "/constant"); });
  const pid_t view = start([] { serve_view(place + "/view"); });
  there = there && wait_for("constant") && wait_for("view");
  benchmark::Initialize(&argc, argv);
  if (there) benchmark::RunSpecifiedBenchmarks();
  for (const char* directory : {"tmpfs", "constant", "view"})
    ::umount2((place + '/' + directory).c_str(), MNT_DETACH);
  for (const pid_t child : {constant, view}) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  for (const char* directory : {"tmpfs", "constant", "view", ""}) ::rmdir((place + '/' + directory).c_str());
  if (!there) std::fputs("a file system could not be mounted\n", stderr);
  return there ? 0 : 1;
}
