#include "gitops/lint/lint.hpp"

#include "gitops/lint/rules.hpp"

#include <algorithm>
#include <tuple>

namespace hwcsync::lint {
namespace {

stack::Severity severity_of(const Rule& rule, const stack::RepositoryConfig& repository) {
  const auto policy = repository.policy.find(rule.name);
  if (policy == repository.policy.end()) return rule.severity;
  if (policy->second == "off") return stack::Severity::off;
  return policy->second == "warn" ? stack::Severity::warn : stack::Severity::error;
}

bool ignored(const Finding& finding, const stack::StackConfig& config) {
  return std::any_of(
      config.lint.ignore.begin(), config.lint.ignore.end(), [&](const stack::IgnoredRule& rule) {
        return rule.rule == finding.rule && (rule.service.empty() || rule.service == finding.service);
      });
}

auto order(const Finding& finding) {
  return std::tie(finding.where.file, finding.where.line, finding.where.column, finding.rule, finding.service,
                  finding.message);
}

}  // namespace

std::vector<Finding> lint_stack(const layout::Stack& stack, const stack::RepositoryConfig& repository) {
  std::vector<Finding> out;
  for (const Rule& rule : rules()) {
    const stack::Severity severity = severity_of(rule, repository);
    if (severity == stack::Severity::off) continue;
    for (Finding& finding : rule.check(stack, repository)) {
      finding.rule = rule.name;
      finding.severity = severity;
      finding.stack = stack.name;
      if (!ignored(finding, stack.config)) out.push_back(std::move(finding));
    }
  }
  std::sort(out.begin(), out.end(), [](const Finding& a, const Finding& b) { return order(a) < order(b); });
  return out;
}

std::vector<Finding> lint(const layout::DesiredState& desired) {
  std::vector<Finding> out;
  for (const auto& [name, stack] : desired.stacks) {
    for (Finding& finding : lint_stack(stack, desired.repository)) out.push_back(std::move(finding));
  }
  return out;
}

bool has_error(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.severity == stack::Severity::error; });
}

const char* to_string(stack::Severity severity) {
  switch (severity) {
    case stack::Severity::error:
      return "error";
    case stack::Severity::warn:
      return "warn";
    case stack::Severity::off:
      break;
  }
  return "off";
}

OrderedJson to_json(const std::vector<Finding>& findings) {
  OrderedJson list = OrderedJson::array();
  for (const Finding& finding : findings) {
    OrderedJson one;
    one["rule"] = finding.rule;
    one["severity"] = to_string(finding.severity);
    one["file"] = finding.where.file;
    one["line"] = finding.where.line;
    one["column"] = finding.where.column;
    one["stack"] = finding.stack;
    one["service"] = finding.service;
    one["message"] = finding.message;
    one["fix"] = finding.fix;
    list.push_back(std::move(one));
  }
  OrderedJson out;
  out["version"] = 1;
  out["findings"] = std::move(list);
  return out;
}

std::string to_text(const std::vector<Finding>& findings) {
  std::string out;
  for (const Finding& finding : findings) {
    out += finding.where.to_string() + ' ' + to_string(finding.severity) + ' ' + finding.rule + '\n';
    out += "    " + finding.message + '\n';
    if (!finding.fix.empty()) out += "    fix: " + finding.fix + '\n';
  }
  return out;
}

}  // namespace hwcsync::lint
