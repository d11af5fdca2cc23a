#pragma once

#include "secrets/view/access.hpp"
#include "secrets/view/snapshot.hpp"
#include "src/base/fd.hpp"
#include "src/base/published.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

struct fuse_session;

namespace hwcsync::secrets {

// How a server that took a connection over stands with requests that its predecessor had read and not
// answered.
enum class Resend { not_needed, asked, unsupported };

// Finds a generation again that a file was opened in under a predecessor: by ViewSnapshot::handle(), nullptr
// when it cannot be had. Called on the server's thread; must not throw or touch a view.
using FormerGeneration = std::function<std::shared_ptr<const ViewSnapshot>(std::uint64_t handle)>;

// Answers the kernel's requests for one view on a thread of its own. Knows nothing of mounts: it is given the
// /dev/fuse descriptor of one, and whoever else holds a reference to it keeps the mount alive when we die.
//
// Every LOOKUP, OPEN and READ is decided anew. An open file reads the generation it was opened in as long as
// the name is in the present one and its reader may read it there; else EACCES. Construct, set() and stop()
// on any thread.
class FuseServer {
 public:
  struct Start {
    Fd fuse;                     // of a mount
    std::string init{};          // empty for a new mount; else the predecessor's init_request()
    std::uint16_t instance = 0;  // differs between a server and its successor
    FormerGeneration former{};
  };

  // Answers (or replays) the INIT handshake before it returns, and starts the thread. Throws Error.
  FuseServer(Start start, ViewOwner owner, std::shared_ptr<const ViewSnapshot> snapshot,
             AccessObserver observer);
  ~FuseServer();
  FuseServer(const FuseServer&) = delete;
  FuseServer& operator=(const FuseServer&) = delete;

  // One swap: requests that come after it see the new snapshot.
  void set(ViewOwner owner, std::shared_ptr<const ViewSnapshot> snapshot);

  // Ends the thread; the connection stays as long as somebody holds the descriptor. Idempotent.
  void stop() noexcept;

  [[nodiscard]] int fuse_fd() const noexcept { return fuse_.get(); }
  // The kernel's FUSE_INIT request as bytes: what a successor needs. Public data.
  [[nodiscard]] const std::string& init_request() const noexcept { return init_; }
  [[nodiscard]] Resend resend() const noexcept { return resend_; }
  // False when the connection has ended: unmounted or aborted.
  [[nodiscard]] bool serving() const noexcept { return serving_.load(); }
  // How long the request that is being answered has taken so far; zero while none is.
  [[nodiscard]] std::chrono::milliseconds busy_for() const noexcept;
  // Generations that open files still read, the present one included when it is among them.
  [[nodiscard]] std::size_t pinned_generations() const noexcept { return pinned_count_.load(); }

 private:
  friend struct FuseOperations;
  struct State {
    ViewOwner owner;
    std::shared_ptr<const ViewSnapshot> snapshot;
  };
  struct Pinned {
    std::shared_ptr<const ViewSnapshot> snapshot;
    std::size_t opens = 0;
  };
  struct SessionDeleter {
    void operator()(fuse_session* session) const noexcept;
  };

  void run() noexcept;
  void handshake();
  void ask_for_lost_requests();
  [[nodiscard]] std::uint64_t pin(const std::shared_ptr<const ViewSnapshot>& snapshot, NodeId opened);
  void unpin(std::uint64_t handle) noexcept;
  [[nodiscard]] std::shared_ptr<const ViewSnapshot> opened_in(std::uint64_t handle, const State& present);
  void report(AccessEvent event) const;

  Fd fuse_;
  Fd stop_;  // eventfd
  std::uint16_t instance_;
  std::string init_;
  bool replaying_ = false;     // the next read gives init_
  std::uint64_t swallow_ = 0;  // the unique whose reply the kernel must not see
  Resend resend_ = Resend::not_needed;
  AccessObserver observer_;
  FormerGeneration find_former_;
  Published<State> state_;
  // Only the server's thread touches these.
  std::map<std::uint64_t, Pinned> pinned_;  // by ViewSnapshot::handle()
  // What files that a predecessor opened read, from the first read until one of them is closed: nobody tells
  // us how many there are, and plaintext must not outstay its readers.
  std::shared_ptr<const ViewSnapshot> former_;
  std::atomic<std::size_t> pinned_count_ = 0;
  std::atomic<bool> serving_ = true;
  std::atomic<std::chrono::steady_clock::rep> busy_since_ = 0;  // 0: idle
  std::unique_ptr<fuse_session, SessionDeleter> session_;
  std::thread thread_;
};

}  // namespace hwcsync::secrets
