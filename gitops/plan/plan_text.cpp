#include "gitops/plan/plan.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <set>

namespace hwcsync::plan {
namespace {

constexpr std::size_t kNameWidth = 20;

std::string pad(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text + ' ';
}

std::string comma(const std::vector<std::string>& items, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < items.size() && i < most; ++i) out += (i == 0 ? "" : ", ") + items[i];
  if (items.size() > most) out += " and " + std::to_string(items.size() - most) + " more";
  return out;
}

char sign(Action action) {
  switch (action) {
    case Action::create:
      return '+';
    case Action::remove:
      return '-';
    default:
      return '~';
  }
}

// What becomes of a container, as the owner would say it.
std::string_view container_word(Action action) {
  switch (action) {
    case Action::restart:
      return "recreated";
    case Action::create:
      return "started";
    case Action::remove:
      return "removed";
    default:
      return "";
  }
}

std::string header(const Plan& plan) {
  std::string out =
      plan.host + "  " + (plan.from ? plan.from->shortened() : "nothing") + " -> " + plan.to->shortened();
  if (plan.commits.empty()) return out + "\n";
  std::set<std::string> authors;
  for (const git::CommitInfo& commit : plan.commits) authors.insert(commit.author);
  out +=
      "   " + count_of(plan.commits.size(), "commit") + " by " + comma({authors.begin(), authors.end()}, 3);
  return out + ", newest \"" + plan.commits.front().summary + "\"\n";
}

std::string nothing(const Plan& plan) {
  std::string out = plan.host + ' ' + plan.to->shortened() + ": nothing to do";
  const bool documents = plan.paths.doc > 0 && plan.paths.stack + plan.paths.secret + plan.paths.host == 0;
  if (documents) out += " (" + count_of(plan.commits.size(), "commit") + " of documents only)";
  return out + '\n';
}

// The blast radius, before any detail.
std::string radius(const Plan& plan) {
  // Those that leave are no longer among the host's.
  const auto leaving = static_cast<std::size_t>(
      std::count_if(plan.changes.begin(), plan.changes.end(),
                    [](const StackChange& change) { return change.action == Action::remove; }));
  const std::size_t changing = plan.changes.size() - leaving;
  std::string out = "  " + std::to_string(changing) + " of " + count_of(plan.stacks_total, "stack") +
                    (changing == 1 ? " changes" : " change");
  if (leaving > 0) out += ", " + std::to_string(leaving) + (leaving == 1 ? " leaves" : " leave");
  const auto containers = [](std::size_t count, const std::string& verb) {
    return count_of(count, "container") + ' ' + verb + (count == 1 ? "s" : "");
  };
  out += "; " + containers(plan.containers_restarted, "restart");
  if (plan.containers_started > 0) out += ", " + std::to_string(plan.containers_started) + " start";
  if (!plan.images.empty()) out += "; " + count_of(plan.images.size(), "image") + " to have";
  if (!plan.builds.empty()) out += "; " + count_of(plan.builds.size(), "image") + " to build";
  const auto ports = [&out](const char* word, const std::vector<std::int64_t>& list) {
    std::vector<std::string> names;
    for (const auto port : list) names.push_back(std::to_string(port));
    if (!names.empty()) out += std::string("; ") + word + " tcp " + comma(names, 5);
  };
  ports("opens", plan.ports_opened);
  ports("closes", plan.ports_closed);
  return out + '\n';
}

void add_stack(std::string& out, const StackChange& change) {
  out += std::string("  ") + sign(change.action) + ' ' + pad(change.stack, kNameWidth) +
         std::string(action_name(change.action)) + '\n';
  const bool whole = change.action == Action::create || change.action == Action::remove;
  for (const std::string& reason : change.reasons) out += "      " + printable(reason) + '\n';
  for (const ServiceChange& service : change.services) {
    bool first = true;
    for (const std::string& reason : service.reasons) {
      out += "      " + pad(first ? service.service : "", kNameWidth) + printable(reason);
      if (first && !whole) out += "   " + std::string(container_word(service.action));
      out += '\n';
      first = false;
    }
  }
}

std::string secret_word(const SecretChange& change) {
  switch (change.fact) {
    case Fact::same:
      return (change.detail.empty() ? "re-encrypted" : change.detail) +
             ", no value changed: nothing restarts";
    case Fact::rotated:
      return "rotated: its consumers restart";
    case Fact::added:
      return "new";
    case Fact::removed:
      return "removed";
    case Fact::undecryptable:
      return "cannot be decrypted: " + change.detail;
    case Fact::unknown:
      break;
  }
  return "changed; whether its values did shows on the host: counted as rotated";
}

}  // namespace

std::string to_text(const Plan& plan) {
  std::string out;
  if (!plan.needs_run() && plan.refusals.empty() && plan.secrets.empty()) return nothing(plan);
  out += header(plan) + '\n' + radius(plan) + '\n';
  for (const StackChange& change : plan.changes) add_stack(out, change);
  for (const SecretChange& change : plan.secrets) {
    out += "  * " + pad("secret", kNameWidth) + change.stack + '/' + change.name + " from " + change.source +
           ": " + secret_word(change) + '\n';
  }
  if (!plan.builds.empty()) {
    out += "  + " + pad("builds", kNameWidth) + comma(plan.builds, 4) +
           ": before the switch, at most half an hour each\n";
  }
  if (!plan.directories.empty())
    out += "  + " + pad("directories", kNameWidth) + comma(plan.directories, 4) + '\n';
  if (plan.host_change) {
    out += "    " + pad("host", kNameWidth) + comma(plan.host_paths, 3) +
           ": rebuild, effects unknown without --build\n";
  }
  for (const lint::Finding& finding : plan.findings) {
    out += std::string("\n  ") + (finding.severity == stack::Severity::error ? "error " : "warning ") +
           finding.rule + "  " + finding.where.to_string() + "  " + finding.message;
  }
  if (!plan.findings.empty()) out += '\n';
  for (const Refusal& refusal : plan.refusals) {
    out += "\n  refused: " + refusal.message + '\n';
    if (!refusal.ack.empty()) out += "    if that is what you want: --ack " + refusal.ack + '\n';
  }
  out += "\nplan " + plan.id.substr(0, 4) +
         (plan.refusals.empty() ? ": hwcsync apply --plan " + plan.id.substr(0, 4) : "") + '\n';
  return out;
}

}  // namespace hwcsync::plan
