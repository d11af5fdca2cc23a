#pragma once

#include "secrets/view/access.hpp"
#include "secrets/view/snapshot.hpp"

#include <memory>

namespace hwcsync::secrets {

class FuseServer;

// One user's view, however it is shown. Belongs to the thread of its table.
class View {
 public:
  virtual ~View() = default;
  // Shows this from now on, all names at once. Throws Error when it cannot; the former is shown then.
  virtual void set(ViewOwner owner, std::shared_ptr<const ViewSnapshot> snapshot) = 0;
  virtual void unmount() = 0;
  // False when somebody else has unmounted or aborted it.
  [[nodiscard]] virtual bool serving() const = 0;
  // What answers for it, and has to be handed to a successor; nullptr where the kernel holds the files.
  [[nodiscard]] virtual const FuseServer* server() const noexcept { return nullptr; }
};

}  // namespace hwcsync::secrets
