#include "gitops/compose/merge_rules.hpp"

namespace hwcsync::compose {
namespace {

struct Row {
  std::string_view path;  // of a document; the step "*" is any key
  MergeRule merge = MergeRule::plain;
  UnicityRule unicity = UnicityRule::none;
};

// compose-go: override/merge.go and override/uncity.go. Volumes' labels are made unique here as networks'
// are.
constexpr Row kRows[] = {
    {"networks.*.ipam.config", MergeRule::subnets},
    {"networks.*.ipam.options", MergeRule::plain, UnicityRule::key},
    {"networks.*.labels", MergeRule::key_values, UnicityRule::key},
    {"volumes.*.labels", MergeRule::key_values, UnicityRule::key},
    {"services.*.annotations", MergeRule::key_values, UnicityRule::key},
    {"services.*.build", MergeRule::build},
    {"services.*.build.additional_contexts", MergeRule::key_values, UnicityRule::key},
    {"services.*.build.args", MergeRule::key_values, UnicityRule::key},
    {"services.*.build.extra_hosts", MergeRule::extra_hosts},
    {"services.*.build.labels", MergeRule::key_values, UnicityRule::key},
    {"services.*.build.platform", MergeRule::plain, UnicityRule::key},
    {"services.*.build.tags", MergeRule::plain, UnicityRule::key},
    {"services.*.cap_add", MergeRule::plain, UnicityRule::key},
    {"services.*.cap_drop", MergeRule::plain, UnicityRule::key},
    {"services.*.command", MergeRule::replace},
    {"services.*.configs", MergeRule::plain, UnicityRule::config},
    {"services.*.depends_on", MergeRule::dependencies},
    {"services.*.deploy.labels", MergeRule::key_values, UnicityRule::key},
    {"services.*.devices", MergeRule::plain, UnicityRule::device},
    {"services.*.dns", MergeRule::key_values, UnicityRule::key},
    {"services.*.dns_opt", MergeRule::key_values, UnicityRule::key},
    {"services.*.dns_search", MergeRule::key_values, UnicityRule::key},
    {"services.*.entrypoint", MergeRule::replace},
    {"services.*.env_file", MergeRule::files, UnicityRule::env_file},
    {"services.*.environment", MergeRule::key_values, UnicityRule::key},
    {"services.*.expose", MergeRule::plain, UnicityRule::expose},
    {"services.*.extra_hosts", MergeRule::extra_hosts},
    {"services.*.healthcheck.test", MergeRule::replace},
    {"services.*.label_file", MergeRule::files, UnicityRule::key},
    {"services.*.labels", MergeRule::key_values, UnicityRule::key},
    {"services.*.links", MergeRule::plain, UnicityRule::key},
    {"services.*.logging", MergeRule::logging},
    {"services.*.models", MergeRule::names},
    {"services.*.networks", MergeRule::names},
    {"services.*.networks.*.aliases", MergeRule::plain, UnicityRule::key},
    {"services.*.networks.*.link_local_ips", MergeRule::plain, UnicityRule::key},
    {"services.*.ports", MergeRule::plain, UnicityRule::port},
    {"services.*.profiles", MergeRule::plain, UnicityRule::key},
    {"services.*.secrets", MergeRule::plain, UnicityRule::secret},
    {"services.*.sysctls", MergeRule::key_values, UnicityRule::key},
    {"services.*.tmpfs", MergeRule::key_values, UnicityRule::tmpfs},
    {"services.*.ulimits.*", MergeRule::replace},
    {"services.*.volumes", MergeRule::plain, UnicityRule::mount},
};

RuleNode& child(RuleNode& node, std::string_view key) {
  for (auto& [name, below] : node.children) {
    if (name == key) return below;
  }
  return node.children.emplace_back(key, RuleNode{}).second;
}

RuleNode plant() {
  RuleNode root;
  for (const Row& row : kRows) {
    RuleNode* node = &root;
    std::string_view path = row.path;
    while (!path.empty()) {
      const auto dot = path.find('.');
      node = &child(*node, path.substr(0, dot));
      path = dot == std::string_view::npos ? "" : path.substr(dot + 1);
    }
    node->merge = row.merge;
    node->unicity = row.unicity;
  }
  return root;
}

}  // namespace

const RuleNode* RuleNode::below(std::string_view key) const noexcept {
  for (const auto& [name, node] : children) {
    if (name == key || name == "*") return &node;
  }
  return nullptr;
}

const RuleNode& document_rules() {
  static const RuleNode root = plant();
  return root;
}

const RuleNode& service_rules() {
  return *document_rules().below("services")->below("web");
}

}  // namespace hwcsync::compose
