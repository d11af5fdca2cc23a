#include "src/base/json.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/exit_status.hpp"

#include <ostream>

namespace hwcsync::cli {

Command version_command() {
  return {"version", "print the version", "  hwcsync version\n", [](CLI::App&, Context& context) {
            return [&context] {
              if (context.json) {
                context.out << OrderedJson{{"version", 1}, {"hwcsync", HWCSYNC_VERSION}}.dump(2) << '\n';
              } else {
                context.out << "hwcsync " << HWCSYNC_VERSION << '\n';
              }
              return kDone;
            };
          }};
}

}  // namespace hwcsync::cli
