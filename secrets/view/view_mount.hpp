#pragma once

#include "secrets/view/fuse_server.hpp"
#include "secrets/view/view.hpp"

#include <memory>
#include <string>

namespace hwcsync::secrets {

// One view: a FUSE superblock at a path, and the server that answers for it. The destructor stops serving and
// leaves the mount: while somebody else (systemd's descriptor store) holds the connection, readers wait for a
// successor.
class ViewMount final : public View {
 public:
  struct Parts {
    std::string path;  // "/run/hwcsync/view/1000"
    ViewOwner owner;
    std::shared_ptr<const ViewSnapshot> snapshot;
    AccessObserver observer{};
    FormerGeneration former{};
  };

  // Mounts with mount(2): needs CAP_SYS_ADMIN and /dev/fuse. The directory is made when it is missing; a view
  // of a dead predecessor on it is detached. Throws SystemError.
  [[nodiscard]] static std::unique_ptr<ViewMount> mount(Parts parts);

  // Goes on with a connection whose mount still stands: its /dev/fuse descriptor and the recorded INIT
  // request.
  struct Legacy {
    Fd fuse;
    std::string init;
  };
  [[nodiscard]] static std::unique_ptr<ViewMount> take_over(Parts parts, Legacy legacy);

  void set(ViewOwner owner, std::shared_ptr<const ViewSnapshot> snapshot) override {
    server_.set(std::move(owner), std::move(snapshot));
  }
  // Lazy unmount and end of serving; open files fail from here on.
  void unmount() override;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] bool serving() const override { return server_.serving(); }
  [[nodiscard]] const FuseServer* server() const noexcept override { return &server_; }

  ViewMount(std::string path, FuseServer::Start start, Parts parts);

 private:
  std::string path_;
  FuseServer server_;
};

// A memfd that holds the bytes and cannot be changed any more: to be kept beside the /dev/fuse descriptor.
[[nodiscard]] Fd seal_init(const std::string& init);
[[nodiscard]] std::string read_sealed_init(const Fd& sealed);

}  // namespace hwcsync::secrets
