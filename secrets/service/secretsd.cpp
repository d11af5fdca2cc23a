#include "secrets/service/secretsd.hpp"

#include "secrets/arena/harden.hpp"
#include "secrets/arena/secure_buffer.hpp"
#include "secrets/service/varlink_binding.hpp"
#include "secrets/view/open_directory.hpp"
#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"
#include "src/base/event_loop.hpp"
#include "src/base/file_lock.hpp"
#include "src/base/log.hpp"
#include "src/base/service_notify.hpp"

#include <csignal>

#include <malloc.h>
#include <unistd.h>

namespace hwcsync::secrets {
namespace {

// A staged generation of a large house: a thousand files of a few KiB in base64.
constexpr std::size_t kMessageLimit = 64U << 20U;

// At start rather than at the first flip in the middle of a run.
void check_locked_memory() {
  constexpr std::size_t kProbe = 1U << 20U;
  const SecureBuffer probe(kProbe);
}

}  // namespace

int run_secretsd(const SecretsdOptions& options) {
  harden_process();
  check_locked_memory();
  // Users pass through it to their views; the unit's umask is 0077.
  open_directory_up(options.runtime_dir, 0755);
  make_directories(options.state_dir + "/secrets", 0700);
  const auto lock = FileLock::try_lock(options.runtime_dir + "/secretsd.lock");
  if (!lock) {
    throw BusyError({"cannot serve secrets in", options.runtime_dir, "another secrets service does",
                     "systemctl status hwcsync-secrets"});
  }
  EventLoop loop;
  const SystemClock clock;
  // Signals are blocked before the first view starts its thread.
  const pid_t manager = ::getppid();
  const auto stop = [&loop, manager] {
    if (service_manager_listens() && ::getppid() != manager) {
      log(LogLevel::error, "the holder of the views was killed: ending and taking them away",
          {{"holder", std::to_string(manager)}});
      forget_service_manager();
    }
    notify_stopping();
    loop.exit(0);
  };
  const auto on_terminate = loop.on_signal(SIGTERM, stop);
  const auto on_interrupt = loop.on_signal(SIGINT, stop);
  LocalSecretService service(options, clock);
  const auto tell = [&service] { notify_status(service.summary()); };
  const auto on_hangup = loop.on_signal(SIGHUP, [&service] {
    notify_reloading();
    service.reload();
    notify_ready(service.summary());
  });
  service.start(take_passed_fds());

  VarlinkServer server(
      loop,
      {.product = "hwcsync secrets service", .message_limit = kMessageLimit, .output_limit = kMessageLimit});
  server.add(secrets_interface(service, tell));
  server.listen(options.socket, 0600);
  loop.keep_watchdog();
  EventLoop::Source watch = loop.after(options.stuck_after, [&] {
    service.watch(options.stuck_after);
    watch.rearm(options.stuck_after);
  });
  // Reading ciphertexts takes memory that an idle service need not keep.
  ::malloc_trim(0);
  notify_ready(service.summary());
  log(LogLevel::info, "secrets service ready", {{"socket", options.socket}, {"state", service.summary()}});
  return loop.run();
}

}  // namespace hwcsync::secrets
