#include "gitops/apply/prepare.hpp"

#include "gitops/apply/deployment.hpp"
#include "gitops/apply/image_builds.hpp"
#include "gitops/apply/preparation_steps.hpp"
#include "gitops/apply/secret_facts.hpp"
#include "gitops/nix/standing_files.hpp"
#include "gitops/plan/plan.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <map>

namespace hwcsync::apply {

using history::Outcome;
using history::Retry;
using history::RunState;

namespace {

EarlyEnd refused(std::string reason, Retry retry = Retry::useless) {
  return {
      .outcome = {.state = RunState::failed, .code = "refused", .reason = std::move(reason), .retry = retry}};
}

// A run for one revision of the mirror.
class ApplyPreparation {
 public:
  ApplyPreparation(const WorkerContext& context, RunLog& log, const history::Request& request)
      : context_(context), log_(log), request_(request), mirror_(context.mirror()) {}

  Preparation prepare() {
    deployment_ = current_deployment(context_, mirror_);
    const git::ObjectId to = mirror_.require(request_.to);
    if (auto moved = base_moved()) return *moved;
    const plan::Plan plan = make_plan(to);
    if (!request_.plan.empty() && request_.plan != plan.id) {
      return refused(
          "plan " + request_.plan + " was made for another state of things; plan again: hwcsync plan",
          Retry::may_help);
    }
    if (plan.refused()) return refused(refusal_text(plan));
    if (deployment_) drift_ = drift_of(context_, *deployment_);
    // Another system runs because somebody wanted that: a commit of documents is no reason to end it.
    const bool stays =
        drift_ == Drift::none || (drift_ == Drift::system && request_.trigger.kind != "manual");
    if (!plan.needs_run() && deployment_ && stays) return move_along(to);
    log_.stop_if_asked();
    return build_up(plan, to);
  }

 private:
  std::optional<EarlyEnd> base_moved() const {
    if (request_.from.empty()) return std::nullopt;
    const std::string now = deployment_ ? deployment_->revision.hex() : "nothing";
    if (request_.from == now) return std::nullopt;
    return refused("asked for on top of " + request_.from.substr(0, 7) + ", but " + now.substr(0, 7) +
                       " is deployed by now; plan again: hwcsync plan",
                   Retry::may_help);
  }

  plan::Plan make_plan(const git::ObjectId& to) {
    plan::Inputs inputs{.repository = &mirror_,
                        .host = context_.host,
                        .from = deployment_ ? std::optional(deployment_->revision) : std::nullopt,
                        .to = to,
                        .machine = context_.machine,
                        .acks = request_.acks,
                        .facts = {}};
    inputs.facts = [this](std::vector<plan::SecretChange> changes, const std::string& manifest,
                          const std::map<std::string, std::string>& ciphertexts) {
      return with_facts(std::move(changes), context_.secrets.facts({manifest, ciphertexts}));
    };
    const plan::Plan plan = plan::make_plan(inputs);
    log_.run().write_json("plan.json", plan::to_json(plan));
    const git::CommitInfo commit = mirror_.commit(to);
    Json stacks = Json::array();
    for (const auto& change : plan.changes) {
      stacks.push_back({{"stack", change.stack}, {"action", plan::action_name(change.action)}});
    }
    log_.progress({{"revision", to.hex()},
                   {"from", deployment_ ? deployment_->revision.hex() : ""},
                   {"summary", commit.summary},
                   {"author", commit.author},
                   {"plan", plan.id},
                   {"stacks", stacks}});
    return plan;
  }

  // Documents only: the machine stays as it is, and the generated files with it; only the commit that they
  // hang on is another one.
  EarlyEnd move_along(const git::ObjectId& to) {
    const auto config =
        stack::read_repository_config(mirror_.tree(deployment_->revision), stack::Rules::passed_over);
    const std::string prefix = config.generated + '/' + context_.host;
    git::FileSet files;
    collect(mirror_.tree(deployment_->generated), prefix, "", files);
    const git::ObjectId generated =
        to == deployment_->revision ? deployment_->generated : write_generated(to, prefix, files);
    const auto& record = deployment_->record;
    return {.outcome = {.state = RunState::unchanged},
            .detail = {{"revision", to.hex()},
                       {"generated", generated.hex()},
                       {"store_path", record ? record->store_path : context_.builder.current_system()},
                       {"secrets_generation",
                        record ? record->secrets_generation : context_.secrets.generations().active}}};
  }

  static void collect(const git::GitTree& tree, const std::string& prefix, const std::string& below,
                      git::FileSet& files) {
    const std::string path = below.empty() ? prefix : prefix + '/' + below;
    const auto entries = tree.list(path);
    if (!entries) return;
    for (const TreeEntry& entry : *entries) {
      const std::string name = below.empty() ? entry.name : below + '/' + entry.name;
      if (entry.kind == EntryKind::directory) {
        collect(tree, prefix, name, files);
      } else if (auto content = tree.read(prefix + '/' + name)) {
        files.contents[name] = std::move(*content);
        if (entry.kind == EntryKind::executable) files.executables.insert(name);
      }
    }
  }

  // Generated files that are committed too are replaced as long as they are as they were generated.
  git::ObjectId write_generated(const git::ObjectId& to, const std::string& prefix,
                                const git::FileSet& files) {
    git::FileSet standing;
    collect(mirror_.tree(to), prefix, "", standing);
    if (const auto obstacle = nix::find_obstacle(standing.contents, files.contents)) {
      throw RunFailure(
          "generated-edited", Retry::useless,
          {"cannot replace", prefix + '/' + obstacle->path + " of " + to.shortened(), obstacle->reason,
           "move what is yours to the stack itself, then remove the file from the repository or write it "
           "anew: hwcsync render --out ." +
               (obstacle->difference.empty() ? "" : "\n  " + obstacle->difference)});
    }
    return mirror_.write_commit(to, prefix, files, "hwcsync: modules of " + context_.host + "\n");
  }

  Preparation build_up(const plan::Plan& plan, const git::ObjectId& to) {
    layout::LoadCounters counters;
    const auto desired = layout::load_desired_state(mirror_.tree(to), context_.host, counters);
    std::set<std::string> touched;
    for (const auto& change : plan.changes) touched.insert(change.stack);
    const ImageSet images = images_of(desired, touched);
    require_podman(context_, desired, images);
    log_.enter(RunState::prefetched, prefetch(context_, log_, images).detail());

    log_.stop_if_asked();
    const StagedSecrets staged = stage_secrets(context_, desired, mirror_);
    log_.enter(RunState::secrets_staged,
               {{"secrets_generation", staged.generation}, {"secrets", staged.facts.size()}});

    log_.stop_if_asked();
    const git::ObjectId generated = render(desired, to);
    log_.enter(RunState::rendered, {{"generated", generated.hex()}});

    log_.stop_if_asked();
    const std::string store_path = build_system(context_, log_, mirror_, generated, desired.config);
    log_.enter(RunState::built, {{"store_path", store_path}});

    log_.stop_if_asked();
    build_images(context_, log_, desired, touched, store_path);
    return record_of(plan, desired, {store_path, to.hex(), generated.hex(), staged.generation}, staged);
  }

  git::ObjectId render(const layout::DesiredState& desired, const git::ObjectId& to) {
    const nix::Rendered rendered = context_.renderer.render(desired);
    context_.renderer.verify(rendered);
    const auto generated = write_generated(to, desired.repository.generated + '/' + context_.host,
                                           {.contents = rendered.files, .executables = rendered.executables});
    mirror_.write_ref(git::generated_ref(context_.host), generated);
    return generated;
  }

  Preparation record_of(const plan::Plan& plan, const layout::DesiredState& desired, Generation next,
                        const StagedSecrets& staged) {
    log_.stop_if_asked();
    ActivationRecord record{.to = std::move(next)};
    record.from = {.store_path = context_.builder.current_system(),
                   .revision = deployment_ ? deployment_->revision.hex() : "",
                   .generated = deployment_ ? deployment_->generated.hex() : "",
                   .secrets = context_.secrets.generations().active};
    record.switches =
        record.from.store_path != record.to.store_path || context_.builder.profile() != record.to.store_path;
    if (!record.switches && record.from.secrets == record.to.secrets) {
      return EarlyEnd{.outcome = {.state = RunState::unchanged},
                      .detail = {{"revision", record.to.revision},
                                 {"generated", record.to.generated},
                                 {"store_path", record.to.store_path},
                                 {"secrets_generation", record.to.secrets}}};
    }
    for (const auto& [name, stack] : desired.stacks) {
      const bool changes =
          std::any_of(plan.changes.begin(), plan.changes.end(),
                      [&, &wanted = name](const auto& change) { return change.stack == wanted; });
      // The plan starts from what was deployed, not from what runs.
      if (plan.host_change || changes || drift_ == Drift::system)
        record.touched.push_back(touched_stack(stack));
    }
    // Unknown counts as rotated; what the service has decrypted by now knows better.
    record.rotation = rotation_of(with_facts(plan.secrets, staged.facts));
    record.accounts =
        accounts_of(desired, mirror_, deployment_ ? std::optional(deployment_->revision) : std::nullopt);
    record.baseline = measure_baseline(context_, record);
    log_.run().write_json(kActivationFile, to_json(record));
    log_.enter(RunState::baseline, {{"containers", record.baseline.containers.size()},
                                    {"failed_units", record.baseline.failed_units}});
    log_.stop_if_asked();
    return record;
  }

  static std::string refusal_text(const plan::Plan& plan) {
    std::string out;
    for (const plan::Refusal& refusal : plan.refusals) {
      if (!out.empty()) out += '\n';
      out += refusal.message;
      if (!refusal.ack.empty()) out += " (to go on all the same: --ack " + refusal.ack + ")";
    }
    return out;
  }

  const WorkerContext& context_;
  RunLog& log_;
  const history::Request& request_;
  git::Repository mirror_;
  std::optional<Deployment> deployment_;
  Drift drift_ = Drift::none;
};

}  // namespace

Preparation prepare_apply(const WorkerContext& context, RunLog& log, const history::Request& request) {
  return ApplyPreparation(context, log, request).prepare();
}

}  // namespace hwcsync::apply
