// A plan says everything: where the rendered tree of two revisions differs for a stack, the plan names it.
// The renderer is the judge, and each key of each file is changed alone.
#include "gitops/compose/verdicts.hpp"
#include "gitops/nix/render.hpp"
#include "gitops/plan/plan.hpp"
#include "gitops/plan/services.hpp"
#include "src/base/fd.hpp"
#include "src/base/text.hpp"
#include "tests/nix/container_moves.hpp"
#include "tests/nix/mutations.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/git_fixture.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>

using namespace hwcsync;

namespace {

namespace fs = std::filesystem;
using Files = std::map<std::string, std::string>;

Files read_directory(const std::string& directory) {
  const std::string root = std::string(std::getenv("HWCSYNC_SOURCE_DIR")) + '/' + directory;
  Files out;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_regular_file())
      out[entry.path().string().substr(root.size() + 1)] = read_file(entry.path().string());
  }
  return out;
}

// One revision, from which others are made by a change of one file.
class Ground {
 public:
  explicit Ground(Files files) : files_(std::move(files)) {
    for (const auto& [path, content] : files_) fixture_.write(path, content);
    base_ = git::ObjectId::parse(fixture_.commit("base")).value();
    repository_.emplace(fixture_.bare());
    before_ = side_of(base_);
  }

  // Also whether the plan restarts exactly the containers of style oci that NixOS will.
  void judge_moves() { judge_moves_ = true; }

  [[nodiscard]] const Files& files() const { return files_; }

  // What the plan does not say of this change; nothing when no text of the file can be read.
  std::optional<std::vector<std::string>> silence_on(const std::string& file,
                                                     const std::vector<std::string>& texts, bool way_back) {
    for (const std::string& text : texts) {
      const git::ObjectId changed = commit(file, text);
      try {
        const plan::Plan said = plan(base_, changed);
        const bool told = names_owner(said, file);
        if (told && !judge_moves_) return unreasoned(said);
        const Side after = side_of(changed);
        auto out = told ? unreasoned(said) : compare(after.rendered, said, file);
        if (judge_moves_) {
          compare_moves(before_, after, said, out);
          // A key that goes is one that comes, seen from the other side.
          if (way_back) compare_moves(after, before_, plan(changed, base_), out);
        }
        return out;
      } catch (const Error&) {
        continue;
      }
    }
    return std::nullopt;
  }

 private:
  git::ObjectId commit(const std::string& file, const std::string& text) {
    const auto slash = file.rfind('/');
    if (slash == std::string::npos) {
      fixture_.write(file, text);
      const std::string id = fixture_.commit("a change");
      fixture_.write(file, files_.at(file));
      return git::ObjectId::parse(id).value();
    }
    git::FileSet set;
    const std::string directory = file.substr(0, slash);
    for (const auto& [path, content] : files_) {
      if (path.rfind(directory + '/', 0) == 0) set.contents[path.substr(directory.size() + 1)] = content;
    }
    set.contents[file.substr(slash + 1)] = text;
    return repository_->write_commit(base_, directory, set, "a change\n");
  }

  struct Side {
    layout::DesiredState desired;
    nix::Rendered rendered;
  };

  Side side_of(const git::ObjectId& revision) {
    layout::LoadCounters counters;
    Side out;
    out.desired = layout::load_desired_state(repository_->tree(revision), "server", counters);
    out.rendered = nix::render(out.desired);
    return out;
  }

  plan::Plan plan(const git::ObjectId& from, const git::ObjectId& to) {
    plan::Inputs inputs;
    inputs.repository = &*repository_;
    inputs.host = "server";
    inputs.from = from;
    inputs.to = to;
    return plan::make_plan(inputs);
  }

  std::vector<std::string> compare(const nix::Rendered& after, const plan::Plan& plan,
                                   const std::string& file) const {
    std::set<std::string> named;
    for (const plan::StackChange& change : plan.changes) named.insert(change.stack);
    std::vector<std::string> out;
    std::set<std::string> stacks;
    bool host = false;
    const auto note = [&](const std::string& path) {
      const auto parts = split(path, '/');
      if (parts.size() > 2 && parts[0] == "stacks") {
        stacks.insert(parts[1]);
      } else {
        host = true;
      }
    };
    for (const auto& [path, content] : after.files) {
      const auto old = before_.rendered.files.find(path);
      if (old == before_.rendered.files.end() || old->second != content) note(path);
    }
    for (const auto& [path, content] : before_.rendered.files) {
      if (after.files.count(path) == 0) note(path);
    }
    // The host's own settings are the host's.
    const bool settings = file == stack::kRepositoryFile && plan.host_change;
    for (const std::string& stack : stacks) {
      if (named.count(stack) == 0 && !settings) out.push_back("does not name the stack " + stack);
    }
    if (host && !plan.needs_run()) out.emplace_back("does not name the host");
    for (std::string& what : unreasoned(plan)) out.push_back(std::move(what));
    return out;
  }

  static void compare_moves(const Side& before, const Side& after, const plan::Plan& plan,
                            std::vector<std::string>& out) {
    for (const auto& [name, stack] : after.desired.stacks) {
      const std::string file = "stacks/" + name + "/index.nix";
      const auto was = before.desired.stacks.find(name);
      if (was == before.desired.stacks.end() || was->second.style != stack::Style::oci ||
          stack.style != stack::Style::oci)
        continue;
      const auto moved =
          test::moved_containers(before.rendered.intended.at(file), after.rendered.intended.at(file));
      const auto change = std::find_if(plan.changes.begin(), plan.changes.end(),
                                       [&, &wanted = name](const auto& one) { return one.stack == wanted; });
      for (const auto& [service_name, service] : stack.project.services) {
        const std::string container = stack.container(service);
        const auto old = was->second.project.services.find(service_name);
        if (old == was->second.project.services.end() || was->second.container(old->second) != container)
          continue;
        const bool told = change != plan.changes.end() && plan::is_recreated(change->services, service_name);
        if (moved.count(container) != 0 && !told)
          out.push_back("does not say that " + container + " restarts");
        if (moved.count(container) == 0 && told && plan.secrets.empty())
          out.push_back("says that " + container + " restarts, which it does not");
      }
    }
  }

  static std::vector<std::string> unreasoned(const plan::Plan& plan) {
    std::vector<std::string> out;
    for (const plan::StackChange& change : plan.changes) {
      if (change.reasons.empty() && change.services.empty())
        out.push_back("says no reason for the stack " + change.stack);
    }
    return out;
  }

  // The stack that all others start after is judged by the renderer, whatever the plan says of it.
  static bool names_owner(const plan::Plan& plan, const std::string& file) {
    return file.rfind("stacks/every/", 0) == 0 &&
           std::any_of(plan.changes.begin(), plan.changes.end(),
                       [](const auto& change) { return change.stack == "every"; });
  }

  test::GitFixture fixture_;
  Files files_;
  git::ObjectId base_ = git::ObjectId::parse(std::string(40, '0')).value();
  std::optional<git::Repository> repository_;
  Side before_;
  bool judge_moves_ = false;
};

// Which files are changed.
using Chosen = bool (*)(const std::string& file);

// Where the plan says "restarts" and nothing moves: a default in words, and settings that style oci passes on
// in part. It errs to the safe side there.
bool errs_safely(const std::string& scope) {
  for (const char* one :
       {"logging.driver", "networks.front.priority", "networks.back.priority", "bind.create_host_path",
        "volume.labels", "gpus[].", "reservations.devices", "networks.front.ipam"}) {
    if (scope.find(one) != std::string::npos) return true;
  }
  return false;
}

// Whole services, networks and volumes, and the keys of a service.
bool is_way_back(const test::Mutation& mutation) {
  return mutation.how == "removed" && std::count(mutation.scope.begin(), mutation.scope.end(), '.') <= 2;
}

// Each change of each chosen file that a host's stacks are made from. Gives what was changed, without
// indices.
std::set<std::string> require_words_for_every_change(
    Ground& ground, Chosen chosen = [](const std::string&) { return true; }) {
  std::set<std::string> changed;
  for (const auto& [file, content] : ground.files()) {
    if (!chosen(file)) continue;
    const bool yaml = file.ends_with(".yaml");
    std::vector<test::Mutation> mutations;
    if (yaml) mutations = test::mutations_of(content);
    if (!yaml) mutations.push_back({"", "", "changed", {content + "more\n"}});
    for (const test::Mutation& mutation : mutations) {
      const auto silence = ground.silence_on(file, mutation.texts, is_way_back(mutation));
      if (!silence) continue;
      changed.insert(file + ':' + mutation.scope);
      for (const std::string& what : *silence) {
        if (what.rfind("says that", 0) == 0 && errs_safely(mutation.scope)) continue;
        INFO(file << ": " << mutation.path << ' ' << mutation.how << ": the plan " << what);
        CHECK(what.empty());
      }
    }
  }
  return changed;
}

Files every_key(stack::Style style) {
  Files out = read_directory("tests/nix/every-key");
  if (style == stack::Style::oci) {
    out["stacks/every/stack.yaml"] = out.at("stack-oci.yaml");
    out.erase("stacks/every/compose.override.yaml");
  }
  out.erase("stack-oci.yaml");
  return out;
}

// The keys of a service that the changes have met.
std::set<std::string> service_keys_of(const std::set<std::string>& changed) {
  const std::string prefix = "stacks/every/compose.yaml:services.";
  std::set<std::string> out;
  for (const std::string& one : changed) {
    if (one.rfind(prefix, 0) != 0) continue;
    const auto dot = one.find('.', prefix.size());
    if (dot == std::string::npos) continue;
    out.insert(one.substr(dot + 1, one.find_first_of(".[", dot + 1) - dot - 1));
  }
  return out;
}

}  // namespace

TEST_CASE("where a change of one key renders a stack of style compose anew, the plan names it") {
  Ground ground(every_key(stack::Style::compose));
  const auto changed = require_words_for_every_change(ground);
  const std::set<std::string> met = service_keys_of(changed);
  for (const compose::KeyRow& row : compose::service_keys()) {
    INFO(row.key);
    CHECK((row.provider.verdict == compose::Verdict::refused || met.count(std::string(row.key)) == 1));
  }
}

TEST_CASE("where a change of one key renders a stack of style oci anew, the plan names it") {
  Ground ground(every_key(stack::Style::oci));
  ground.judge_moves();
  // hwcsync.yaml is the same for both styles.
  const auto changed = require_words_for_every_change(
      ground, [](const std::string& file) { return file.rfind("stacks/", 0) == 0; });
  const std::set<std::string> met = service_keys_of(changed);
  for (const compose::KeyRow& row : compose::service_keys()) {
    INFO(row.key);
    CHECK((row.containers.verdict == compose::Verdict::refused || met.count(std::string(row.key)) == 1));
  }
}

TEST_CASE("where a change of one key of the examples renders a stack anew, the plan names it") {
  for (const char* example : {"tests/golden/nix/compose/in", "tests/golden/nix/oci/in"}) {
    Ground ground(read_directory(example));
    ground.judge_moves();
    CHECK(require_words_for_every_change(ground).size() > 30);
  }
}
