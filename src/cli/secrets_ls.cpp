#include "gitops/layout/desired_state.hpp"
#include "src/base/error.hpp"
#include "src/base/text.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/people.hpp"
#include "src/cli/secret_listing.hpp"
#include "src/cli/secrets_group.hpp"
#include "src/cli/source.hpp"
#include "src/cli/working_tree.hpp"

#include <algorithm>
#include <filesystem>
#include <ostream>

namespace hwcsync::cli {
namespace {

struct Options {};

SecretListing asked_for(const Context& context, const settings::Settings& settings) {
  const Files files = open_files("", context, settings);
  const auto config = stack::read_repository_config(*files.tree);
  layout::LoadCounters counters;
  const auto desired =
      layout::load_desired_state(*files.tree, choose_host(context, settings, config), counters);
  SecretListing out;
  out.manifest = secrets::parse_manifest(desired.manifest_json());
  out.generation = secrets::generation_id(out.manifest);
  return out;
}

std::string failure_of(const SecretListing& listing, const secrets::SecretFile& file) {
  if (!listing.status) return "";
  for (const secrets::FileFact& fact : listing.status->failures) {
    if (fact.uid == file.viewer() && fact.path == file.path) return fact.reason;
  }
  return "";
}

OrderedJson json_of(const SecretListing& listing, const settings::Settings& settings) {
  OrderedJson list = OrderedJson::array();
  for (const secrets::SecretFile& file : listing.manifest.files) {
    OrderedJson sources = OrderedJson::array();
    for (const secrets::Source* source : secrets::sources_of(file)) {
      sources.push_back({{"path", source->path},
                         {"id", source->id},
                         {"format", std::string(secrets::to_string(source->format))}});
    }
    list.push_back({{"stack", file.stack},
                    {"name", file.name},
                    {"shown", shown_path(file, settings)},
                    {"uid", file.uid},
                    {"gid", file.gid},
                    {"grammar", std::string(secrets::to_string(file.grammar))},
                    {"template", file.text_template.path},
                    {"sources", sources},
                    {"key", file.key},
                    {"consumers", file.consumers},
                    {"problem", failure_of(listing, file)}});
  }
  OrderedJson out{{"version", 1}, {"generation", listing.generation}, {"secrets", list}};
  if (!listing.status) return out;
  const secrets::ServiceStatus& status = *listing.status;
  OrderedJson views = OrderedJson::array();
  for (const secrets::ViewStatus& view : status.views) {
    views.push_back({{"uid", view.uid},
                     {"path", view.path},
                     {"bound", view.bound},
                     {"files", view.files},
                     {"problem", view.problem}});
  }
  OrderedJson failures = OrderedJson::array();
  for (const secrets::FileFact& fact : status.failures)
    failures.push_back({{"stack", fact.stack}, {"name", fact.name}, {"reason", fact.reason}});
  out["recorded"] = status.recorded;
  out["problem"] = status.problem;
  out["backend"] = status.backend;
  out["lacks"] = status.lacks;
  out["views"] = views;
  out["failures"] = failures;
  out["recipients"] = status.recipients;
  out["audit"] = {{"opens", status.audit.opens}, {"denials", status.audit.denials}};
  return out;
}

void print_service(const secrets::ServiceStatus& status, std::ostream& out) {
  for (const std::string& lack : status.lacks)
    out << "backend     " << status.backend << ": " << lack << '\n';
  if (!status.recorded.empty() && status.recorded != status.generation)
    out << "recorded    " << status.recorded.substr(0, 12) << " is what the running system names\n";
  if (!status.problem.empty()) out << "problem     " << status.problem << '\n';
  for (const secrets::ViewStatus& view : status.views) {
    out << "view        uid " << view.uid << ": " << count_of(view.files, "file") << " in "
        << (view.bound.empty() ? view.path : view.bound);
    if (!view.problem.empty()) out << " (" << view.problem << ')';
    out << '\n';
  }
  for (const secrets::FileFact& fact : status.failures)
    out << "unreadable  " << fact.stack << '/' << fact.name << ": " << fact.reason << '\n';
  for (const std::string& problem : status.identity_problems) out << "identity    " << problem << '\n';
  out << "audit       " << status.audit.opens << " opened, " << status.audit.denials << " refused\n";
}

int list(const Options& /*options*/, Context& context) {
  const settings::Settings settings = load_settings(context);
  // The machine's own where there is a service; a repository when it is named, or on a laptop.
  const bool from_service =
      context.repo.empty() && std::filesystem::exists(settings.runtime_dir + "/secrets");
  SecretListing listing = from_service ? served_secrets(context, settings) : asked_for(context, settings);
  auto& files = listing.manifest.files;
  std::stable_sort(files.begin(), files.end(), [](const auto& a, const auto& b) {
    return std::pair(a.stack, a.name) < std::pair(b.stack, b.name);
  });
  if (context.json) {
    context.out << json_text(json_of(listing, settings));
    return kDone;
  }
  Table table;
  if (!files.empty()) table.add({"secret", "from", "shown as", "for"});
  for (const secrets::SecretFile& file : files) {
    table.add({file.stack + '/' + file.name, source_text(file), shown_path(file, settings),
               join(file.consumers, ", ") + (failure_of(listing, file).empty() ? "" : " (unreadable)")});
  }
  context.out << table.text() << (files.empty() ? "" : "\n") << "generation  "
              << (listing.generation.empty() ? "none" : listing.generation.substr(0, 12)) << '\n';
  if (listing.status) print_service(*listing.status, context.out);
  return kDone;
}

}  // namespace

void add_secrets_ls(SecretsGroup& group) {
  group.add(
      "ls", "the secrets, where they come from, where they are shown and for whom",
      "  hwcsync secrets ls\n"
      "  hwcsync secrets ls --repo ~/config --host server --json\n"
      "On a host: what the secret service serves; with --repo, or elsewhere: what the repository asks for.\n",
      std::make_shared<Options>(), list);
}

}  // namespace hwcsync::cli
