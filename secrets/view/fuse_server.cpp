#include "secrets/view/fuse_server.hpp"

#include "secrets/view/fuse_operations.hpp"
#include "src/base/error.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

namespace hwcsync::secrets {
namespace {

// linux/fuse.h, 7.40 (Linux 6.9); Debian 12's headers are older.
constexpr std::int32_t kNotifyResend = 7;

// libfuse allocates the buffer for requests at its first use and leaves it to us.
class RequestBuffer {
 public:
  RequestBuffer() = default;
  ~RequestBuffer() { std::free(buffer_.mem); }
  RequestBuffer(const RequestBuffer&) = delete;
  RequestBuffer& operator=(const RequestBuffer&) = delete;

  // Handles one request. Gives libfuse's result: bytes, 0 after the end, or -errno.
  int serve(fuse_session* session) {
    const int result = fuse_session_receive_buf(session, &buffer_);
    if (result > 0) fuse_session_process_buf(session, &buffer_);
    return result;
  }

 private:
  fuse_buf buffer_{};
};

std::uint32_t opcode_of(std::string_view request) {
  fuse_in_header header{};
  if (request.size() < sizeof header) return 0;
  std::memcpy(&header, request.data(), sizeof header);
  return header.opcode;
}

bool readable(int fd, std::chrono::milliseconds timeout) {
  pollfd polled{fd, POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&polled, 1, static_cast<int>(timeout.count()));
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

}  // namespace

void FuseServer::SessionDeleter::operator()(fuse_session* session) const noexcept {
  fuse_session_destroy(session);
}

FuseServer::FuseServer(Start start, ViewOwner owner, std::shared_ptr<const ViewSnapshot> snapshot,
                       AccessObserver observer)
    : fuse_(std::move(start.fuse)),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      instance_(start.instance),
      init_(std::move(start.init)),
      replaying_(!init_.empty()),
      observer_(std::move(observer)),
      find_former_(std::move(start.former)),
      state_(std::make_shared<const State>(State{std::move(owner), std::move(snapshot)})) {
  if (!stop_.valid()) throw_errno("cannot create", "an eventfd");
  if (replaying_ && opcode_of(init_) != FUSE_INIT) {
    throw Error("cannot take over", "a view", "what was recorded of its start is no FUSE_INIT request");
  }
  std::array<char, 8> name{"hwcsync"};
  std::array<char*, 2> argv{name.data(), nullptr};
  fuse_args arguments FUSE_ARGS_INIT(1, argv.data());
  session_.reset(fuse_session_new(&arguments, &FuseOperations::table(), sizeof(fuse_lowlevel_ops), this));
  fuse_opt_free_args(&arguments);
  if (!session_) throw Error("cannot start", "a FUSE session", "libfuse refused its options");
  ::fcntl(fuse_.get(), F_SETFL, ::fcntl(fuse_.get(), F_GETFL) | O_NONBLOCK);

  fuse_custom_io io{};
  io.read = [](int fd, void* buffer, std::size_t size, void* data) noexcept -> ssize_t {
    auto& self = *static_cast<FuseServer*>(data);
    if (self.replaying_ && self.init_.size() <= size) {
      self.replaying_ = false;
      std::memcpy(buffer, self.init_.data(), self.init_.size());
      return static_cast<ssize_t>(self.init_.size());
    }
    const ssize_t count = ::read(fd, buffer, size);
    if (count > 0 && self.init_.empty()) {
      const std::string_view request(static_cast<const char*>(buffer), static_cast<std::size_t>(count));
      // Allocation failure would leave us without takeover, nothing worse.
      if (opcode_of(request) == FUSE_INIT) self.init_ = request;
    }
    return count;
  };
  io.writev = [](int fd, iovec* parts, int count, void* data) noexcept -> ssize_t {
    auto& self = *static_cast<FuseServer*>(data);
    fuse_out_header header{};
    if (self.swallow_ != 0 && count > 0 && parts[0].iov_len >= sizeof header) {
      std::memcpy(&header, parts[0].iov_base, sizeof header);
      if (header.unique == self.swallow_) {
        self.swallow_ = 0;
        return header.len;
      }
    }
    return ::writev(fd, parts, count);
  };
  // libfuse closes its descriptor in the end; ours stays.
  Fd own(::fcntl(fuse_.get(), F_DUPFD_CLOEXEC, 3));
  if (!own.valid()) throw_errno("cannot duplicate", "the descriptor of a view");
  if (fuse_session_custom_io(session_.get(), &io, own.get()) != 0) {
    throw Error("cannot start", "a FUSE session", "libfuse refused the descriptor");
  }
  static_cast<void>(own.release());

  handshake();
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  // Signals belong to the main thread's event loop.
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

FuseServer::~FuseServer() {
  stop();
}

void FuseServer::handshake() {
  const bool taking_over = replaying_;
  if (taking_over) {
    fuse_in_header header{};
    std::memcpy(&header, init_.data(), sizeof header);
    swallow_ = header.unique;
  } else if (!readable(fuse_.get(), std::chrono::seconds(10))) {
    throw Error("cannot start", "a view", "the kernel sent no FUSE_INIT within 10 s");
  }
  RequestBuffer buffer;
  const int result = buffer.serve(session_.get());
  if (result <= 0 || init_.empty() || fuse_session_exited(session_.get()) != 0) {
    throw Error("cannot start", "a view",
                "the handshake with the kernel failed (" + std::to_string(-result) + ")");
  }
  swallow_ = 0;
  if (taking_over) ask_for_lost_requests();
}

void FuseServer::ask_for_lost_requests() {
  fuse_out_header header{};
  header.len = sizeof header;
  header.error = kNotifyResend;
  const ssize_t written = ::write(fuse_.get(), &header, sizeof header);
  // Before Linux 6.9 whoever waited for a lost answer waits until the connection is aborted.
  resend_ = written == static_cast<ssize_t>(sizeof header) ? Resend::asked : Resend::unsupported;
}

void FuseServer::set(ViewOwner owner, std::shared_ptr<const ViewSnapshot> snapshot) {
  state_.store(std::make_shared<const State>(State{std::move(owner), std::move(snapshot)}));
}

void FuseServer::stop() noexcept {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  static_cast<void>(::write(stop_.get(), &one, sizeof one));
  thread_.join();
}

void FuseServer::run() noexcept {
  RequestBuffer buffer;
  std::array<pollfd, 2> polled{pollfd{fuse_.get(), POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
  for (;;) {
    if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) break;
    if (polled[1].revents != 0) break;
    busy_since_ = std::chrono::steady_clock::now().time_since_epoch().count();
    const int result = buffer.serve(session_.get());
    busy_since_ = 0;
    if (result > 0 || result == -EINTR || result == -EAGAIN || result == -ENOENT) continue;
    break;  // unmounted, or aborted by an administrator
  }
  serving_ = false;
}

std::chrono::milliseconds FuseServer::busy_for() const noexcept {
  using Clock = std::chrono::steady_clock;
  const Clock::rep since = busy_since_;
  if (since == 0) return std::chrono::milliseconds(0);
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now().time_since_epoch() -
                                                               Clock::duration(since));
}

std::uint64_t FuseServer::pin(const std::shared_ptr<const ViewSnapshot>& snapshot, NodeId opened) {
  Pinned& pinned = pinned_[snapshot->handle()];
  // A generation may be decrypted twice, the second time with fewer keys: what can be read stays.
  const ViewSnapshot::Node* node = pinned.snapshot ? pinned.snapshot->find(opened) : nullptr;
  if (node == nullptr || (node->entry != nullptr && !node->entry->failure.empty()))
    pinned.snapshot = snapshot;
  ++pinned.opens;
  pinned_count_ = pinned_.size();
  return snapshot->handle() << 16U | instance_;
}

void FuseServer::unpin(std::uint64_t handle) noexcept {
  const auto found = pinned_.find(handle >> 16U);
  // A handle that a predecessor gave out was never counted here.
  if ((handle & 0xffffU) != instance_) {
    if (former_ && former_->handle() == handle >> 16U) former_.reset();
    return;
  }
  if (found == pinned_.end() || --found->second.opens > 0) return;
  pinned_.erase(found);
  pinned_count_ = pinned_.size();
}

std::shared_ptr<const ViewSnapshot> FuseServer::opened_in(std::uint64_t handle, const State& present) {
  const std::uint64_t generation = handle >> 16U;
  if (const auto found = pinned_.find(generation); found != pinned_.end()) return found->second.snapshot;
  if (present.snapshot->handle() == generation) return present.snapshot;
  if (former_ && former_->handle() == generation) return former_;
  if (!find_former_) return nullptr;
  former_ = find_former_(generation);
  return former_;
}

void FuseServer::report(AccessEvent event) const {
  if (observer_) observer_(event);
}

}  // namespace hwcsync::secrets
