#pragma once

#include "secrets/view/view.hpp"
#include "src/base/fd.hpp"

#include <string>

namespace hwcsync::secrets {

// A view without FUSE: files on a ramfs (never swapped) with the names, owners and modes of the manifest.
//
// The ramfs is mounted at `backing`, below a directory that root alone may enter, and bound read-only to
// `path`. Every name at the top is a link through `.current` into the directory of one generation, so that
// one rename switches all of them. The root is the owner's alone (0500): a mode that lets others read serves
// the users of the owner's containers, who get single files bound, and nobody else.
//
// The kernel keeps the files when we die; a successor writes its own beside them and switches.
class RamfsView final : public View {
 public:
  struct Parts {
    std::string backing;  // "/run/hwcsync/ramfs/1000"
    std::string path;     // "/run/hwcsync/view/1000"
    ViewOwner owner;
    std::shared_ptr<const ViewSnapshot> snapshot;
  };

  // Mounts what is not mounted yet, and shows the snapshot. Throws SystemError.
  explicit RamfsView(Parts parts);

  void set(ViewOwner owner, std::shared_ptr<const ViewSnapshot> snapshot) override;
  void unmount() override;
  [[nodiscard]] bool serving() const override;

 private:
  void write_files(const std::string& directory, const ViewSnapshot& snapshot) const;
  void link_names(const ViewSnapshot& snapshot) const;
  void tidy(const ViewSnapshot& snapshot, const std::string& current) const;

  std::string backing_;
  std::string path_;
  Fd root_;
  std::weak_ptr<const ViewSnapshot> shown_;
};

}  // namespace hwcsync::secrets
