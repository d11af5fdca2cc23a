#include "src/cli/explain_stack.hpp"

#include "gitops/compose/style_differences.hpp"
#include "src/base/text.hpp"
#include "src/cli/people.hpp"

#include <algorithm>
#include <map>

namespace hwcsync::cli {
namespace {

using compose::KeyUse;
using compose::StyleVerdict;
using compose::Verdict;

bool is_oci(const layout::Stack& stack) {
  return stack.style == stack::Style::oci;
}

const StyleVerdict& verdict_of(const layout::Stack& stack, const KeyUse& use) {
  return is_oci(stack) ? use.row->containers : use.row->provider;
}

std::string short_place(const Location& where) {
  return where.file.substr(where.file.rfind('/') + 1) + ':' + std::to_string(where.line);
}

// Where a key is used: the first place, and how many more there are.
struct Uses {
  const KeyUse* first = nullptr;
  std::size_t count = 0;
};

// The worst first; within a verdict in the order of the file.
std::vector<Uses> grouped(const layout::Stack& stack) {
  std::vector<Uses> out;
  for (const KeyUse& use : stack.project.keys) {
    const auto known =
        std::find_if(out.begin(), out.end(), [&](const Uses& uses) { return uses.first->row == use.row; });
    if (known == out.end()) {
      out.push_back({&use, 1});
    } else {
      ++known->count;
    }
  }
  std::stable_sort(out.begin(), out.end(), [&](const Uses& a, const Uses& b) {
    return verdict_of(stack, *a.first).verdict > verdict_of(stack, *b.first).verdict;
  });
  return out;
}

std::string told(const Problem& problem) {
  return problem.where.to_string() + ": " + problem.message;
}

std::vector<std::string> refusals(const layout::Stack& stack) {
  const auto here = is_oci(stack) ? compose::Limit::Of::containers : compose::Limit::Of::provider;
  std::vector<std::string> out;
  for (const compose::Limit& limit : stack.project.limits) {
    if (limit.of == here) out.push_back(told(limit.problem));
  }
  return out;
}

}  // namespace

std::string explain_text(const layout::Stack& stack) {
  std::string out =
      stack.name + " (style " + (is_oci(stack) ? "oci" : "compose") + "), " + stack.compose_file + "\n\n";
  const std::vector<std::string> refused = refusals(stack);
  if (!refused.empty()) {
    out += "refused\n";
    for (const std::string& line : refused) out += "  " + line + '\n';
    out += '\n';
  }
  Table keys;
  std::map<Verdict, std::size_t> counts;
  for (const Uses& uses : grouped(stack)) {
    const StyleVerdict& verdict = verdict_of(stack, *uses.first);
    const std::string more = uses.count > 1 ? " (+" + std::to_string(uses.count - 1) + ")" : "";
    ++counts[verdict.verdict];
    keys.add({"  " + uses.first->path, std::string(to_string(verdict.verdict)),
              short_place(uses.first->where) + more, std::string(verdict.words)});
  }
  std::vector<std::string> sums;
  for (const auto& [verdict, count] : counts)
    sums.push_back(std::to_string(count) + ' ' + std::string(to_string(verdict)));
  out += "keys: " + join(sums, ", ") + '\n' + keys.text();
  if (!stack.project.notes.empty()) out += "\nunderstood in a particular way\n";
  for (const Problem& note : stack.project.notes) out += "  " + told(note) + '\n';
  const auto differences = compose::style_differences(stack.project);
  if (!differences.empty()) out += "\ndiffers between styles\n";
  for (const compose::StyleDifference& one : differences) {
    out += "  " + one.what + (one.services.empty() ? "" : " (" + join(one.services, ", ") + ')') + '\n';
    out += "    compose: " + one.provider + "\n    oci:     " + one.containers + '\n';
  }
  return out;
}

OrderedJson explain_json(const layout::Stack& stack) {
  OrderedJson keys = OrderedJson::array();
  for (const KeyUse& use : stack.project.keys) {
    const auto side = [](const StyleVerdict& verdict) {
      return OrderedJson{{"verdict", to_string(verdict.verdict)}, {"words", verdict.words}};
    };
    keys.push_back({{"path", use.path},
                    {"where", use.where.to_string()},
                    {"compose", side(use.row->provider)},
                    {"oci", side(use.row->containers)}});
  }
  OrderedJson notes = OrderedJson::array();
  for (const Problem& note : stack.project.notes)
    notes.push_back({{"where", note.where.to_string()}, {"message", note.message}});
  OrderedJson differences = OrderedJson::array();
  for (const compose::StyleDifference& one : compose::style_differences(stack.project)) {
    differences.push_back(
        {{"what", one.what}, {"services", one.services}, {"compose", one.provider}, {"oci", one.containers}});
  }
  return {{"version", 1},
          {"stack", stack.name},
          {"style", is_oci(stack) ? "oci" : "compose"},
          {"file", stack.compose_file},
          {"refused", refusals(stack)},
          {"keys", std::move(keys)},
          {"notes", std::move(notes)},
          {"differences", std::move(differences)}};
}

}  // namespace hwcsync::cli
