#include "src/cli/exit_status.hpp"
#include "src/cli/people.hpp"
#include "src/cli/secrets_group.hpp"

#include <ostream>

namespace hwcsync::cli {
namespace {

struct Options {
  unsigned uid = 0;
};

int mount(const Options& options, Context& context) {
  auto service = connect_secrets(context);
  SystemClock clock;
  const secrets::ViewStatus view =
      secrets::wait_for_view(service, options.uid, std::chrono::seconds(60), clock);
  if (context.json)
    context.out << json_text({{"version", 1}, {"uid", view.uid}, {"path", view.path}, {"bound", view.bound}});
  context.err << "view of uid " << view.uid << " at " << (view.bound.empty() ? view.path : view.bound)
              << '\n';
  return kDone;
}

}  // namespace

void add_secrets_mount(SecretsGroup& group) {
  auto options = std::make_shared<Options>();
  CLI::App& app = group.add("mount", "wait until the view of a user answers",
                            "  hwcsync secrets mount --wait 1000\n", options, mount);
  // The last uid is "no user" to the kernel.
  app.add_option("--wait", options->uid, "uid of the user")->required()->check(CLI::Range(0U, 0xffff'fffeU));
}

}  // namespace hwcsync::cli
