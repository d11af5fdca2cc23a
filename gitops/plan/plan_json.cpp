#include "gitops/plan/plan.hpp"
#include "src/base/text.hpp"

namespace hwcsync::plan {
namespace {

OrderedJson id_or_null(const std::optional<git::ObjectId>& id) {
  return id ? OrderedJson(id->hex()) : OrderedJson(nullptr);
}

OrderedJson service_json(const ServiceChange& change) {
  return {{"service", change.service}, {"action", action_name(change.action)}, {"reasons", change.reasons}};
}

OrderedJson stack_json(const StackChange& change) {
  OrderedJson services = OrderedJson::array();
  for (const ServiceChange& service : change.services) services.push_back(service_json(service));
  return {{"stack", change.stack},
          {"style", change.style == stack::Style::oci ? "oci" : "compose"},
          {"action", action_name(change.action)},
          {"needed", action_name(change.needed)},
          {"reasons", change.reasons},
          {"services", services}};
}

OrderedJson secret_json(const SecretChange& change) {
  return {{"stack", change.stack},          {"name", change.name},     {"source", change.source},
          {"fact", fact_name(change.fact)}, {"detail", change.detail}, {"consumers", change.consumers}};
}

OrderedJson finding_json(const lint::Finding& finding) {
  return {{"rule", finding.rule},
          {"severity", finding.severity == stack::Severity::error ? "error" : "warn"},
          {"file", finding.where.file},
          {"line", finding.where.line},
          {"column", finding.where.column},
          {"stack", finding.stack},
          {"service", finding.service},
          {"message", finding.message},
          {"fix", finding.fix}};
}

}  // namespace

OrderedJson to_json(const Plan& plan) {
  OrderedJson changes = OrderedJson::array();
  for (const StackChange& change : plan.changes) changes.push_back(stack_json(change));
  OrderedJson secrets = OrderedJson::array();
  for (const SecretChange& change : plan.secrets) secrets.push_back(secret_json(change));
  OrderedJson refusals = OrderedJson::array();
  for (const Refusal& refusal : plan.refusals) {
    refusals.push_back({{"code", refusal.code}, {"message", refusal.message}, {"ack", refusal.ack}});
  }
  OrderedJson findings = OrderedJson::array();
  for (const lint::Finding& finding : plan.findings) findings.push_back(finding_json(finding));
  OrderedJson commits = OrderedJson::array();
  for (const git::CommitInfo& commit : plan.commits) {
    commits.push_back({{"id", commit.id.hex()}, {"author", commit.author}, {"summary", commit.summary}});
  }
  return {{"version", 1},
          {"id", plan.id},
          {"host", plan.host},
          {"from", id_or_null(plan.from)},
          {"to", id_or_null(plan.to)},
          {"summary",
           {{"stacks", plan.stacks_total},
            {"stacks_changed", plan.changes.size()},
            {"containers_restarted", plan.containers_restarted},
            {"containers_started", plan.containers_started},
            {"images", plan.images},
            {"builds", plan.builds},
            {"ports_opened", plan.ports_opened},
            {"ports_closed", plan.ports_closed},
            {"directories", plan.directories},
            {"needs_run", plan.needs_run()}}},
          {"paths",
           {{"stack", plan.paths.stack},
            {"secret", plan.paths.secret},
            {"doc", plan.paths.doc},
            {"host", plan.paths.host}}},
          {"counters",
           {{"repository_files", plan.counters.repository_files}, {"stacks_parsed", plan.counters.stacks}}},
          {"host_change", plan.host_change},
          {"host_paths", plan.host_paths},
          {"changes", changes},
          {"secrets", secrets},
          {"refusals", refusals},
          {"findings", findings},
          {"commits", commits}};
}

}  // namespace hwcsync::plan
