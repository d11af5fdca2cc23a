#include "gitops/apply/image_builds.hpp"

#include "gitops/apply/activation_record.hpp"
#include "gitops/apply/unit_output.hpp"
#include "gitops/apply/unit_wait.hpp"
#include "gitops/nix/podman_build.hpp"
#include "src/base/process.hpp"
#include "src/base/text.hpp"

namespace hwcsync::apply {
namespace {

// The script ends podman itself at that limit, and says so.
constexpr std::chrono::seconds kLimit{nix::kBuildLimit + 60};

// A path below /etc of a system that does not run.
std::string below(const std::string& store_path, const std::string& word) {
  return word.rfind("/etc/", 0) == 0 ? store_path + word : word;
}

void build_image(const WorkerContext& context, RunLog& log, const layout::Stack& stack,
                 const compose::Service& service, const std::string& store_path) {
  const Account account = account_of(stack);
  const std::string path = log.run().file("images.log");
  log.progress({{"image", service.image}, {"stack", stack.name}});
  std::vector<std::string> argv{"sh"};
  for (const std::string& word : nix::build_words(stack, service)) argv.push_back(below(store_path, word));
  Invocation invocation = context.containers.as(account, std::move(argv));
  invocation.argv.insert(invocation.argv.begin(), "/usr/bin/env");  // looks in the unit's PATH
  const UnitEnd end = run_unit(context,
                               {.name = log.unit_name("image"),
                                .description = "hwcsync run " + std::to_string(log.run().id()) +
                                               ": image for " + stack.name + '/' + service.name,
                                .argv = invocation.argv,
                                .environment = invocation.environment,
                                .directory = "/",
                                .output_file = path},
                               kLimit, Overdue::stopped, [&] { return log.asked_to_stop(); });
  if (end.kind == UnitEnd::Kind::stopped) throw Cancelled{};
  if (end.exited_with(0)) return;
  const std::string text = tail_of(path);
  const bool passing = looks_passing(text) || end.kind != UnitEnd::Kind::exited;
  throw RunFailure(
      "image-build", passing ? history::Retry::may_help : history::Retry::useless,
      {"cannot build", "the image of " + stack.name + '/' + service.name + " for " + account.user,
       end.to_string() + (text.empty() ? "" : ": " + last_line(text)), "the whole output: " + path});
}

}  // namespace

void build_images(const WorkerContext& context, RunLog& log, const layout::DesiredState& desired,
                  const std::set<std::string>& stacks, const std::string& store_path) {
  for (const auto& [name, stack] : desired.stacks) {
    const Account account = account_of(stack);
    if (stacks.count(name) == 0 || !nix::builds_images(stack)) continue;
    if (context.containers.presence(account) != Presence::there) continue;
    for (const auto& [service_name, service] : stack.project.services) {
      if (!nix::is_built(service) || service.scale == 0) continue;
      log.stop_if_asked();
      if (!context.containers.has_image(account, service.image))
        build_image(context, log, stack, service, store_path);
    }
  }
}

}  // namespace hwcsync::apply
