#include "watcher/trigger.hpp"

namespace hwcsync::watch {

std::string_view trigger_name(TriggerKind kind) {
  switch (kind) {
    case TriggerKind::push:
      return "push";
    case TriggerKind::poll:
      return "poll";
    case TriggerKind::manual:
      return "manual";
  }
  return "poll";
}

}  // namespace hwcsync::watch
