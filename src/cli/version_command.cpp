#include "src/cli/commands.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/people.hpp"

#include <ostream>

namespace hwcsync::cli {

Command version_command() {
  return {"version", "print the version", "  hwcsync version\n", [](CLI::App&, Context& context) {
            return [&context] {
              if (context.json) {
                context.out << json_text({{"version", 1}, {"hwcsync", HWCSYNC_VERSION}});
              } else {
                context.out << "hwcsync " << HWCSYNC_VERSION << '\n';
              }
              return kDone;
            };
          }};
}

}  // namespace hwcsync::cli
