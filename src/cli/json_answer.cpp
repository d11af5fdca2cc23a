#include "src/cli/json_answer.hpp"

#include "gitops/lint/lint.hpp"
#include "src/cli/people.hpp"

#include <algorithm>

namespace hwcsync::cli {
namespace {

OrderedJson failure_json(const Failure& failure) {
  std::vector<lint::Finding> findings;
  for (const Problem& problem : failure.problems) {
    lint::Finding finding;
    finding.rule = "unreadable";
    finding.severity = stack::Severity::error;
    finding.where = problem.where;
    finding.message = problem.message;
    findings.push_back(std::move(finding));
  }
  OrderedJson out = lint::to_json(findings);
  out["error"] = {{"message", failure.message}, {"hint", failure.hint}};
  return out;
}

}  // namespace

bool asks_for_json(const std::vector<std::string>& words) {
  const auto end = std::find(words.begin(), words.end(), "--");  // what follows are names
  return std::find(words.begin(), end, "--json") != end;
}

std::string json_answer(const std::string& command, int status, std::string_view written,
                        const std::optional<Failure>& failure) {
  if (!failure && !written.empty() && written.front() == '{') return std::string(written);
  OrderedJson out = failure ? failure_json(*failure) : OrderedJson{{"version", 1}};
  out["command"] = command;
  out["exit_status"] = status;
  if (!failure && !written.empty()) out["text"] = written;
  return json_text(out);
}

}  // namespace hwcsync::cli
