#include "secrets/service/local_service.hpp"

#include "secrets/audit/caller_process.hpp"
#include "secrets/identity/identity_file.hpp"
#include "secrets/service/interface.hpp"
#include "secrets/service/served_record.hpp"
#include "src/base/error.hpp"
#include "src/base/log.hpp"
#include "src/base/text.hpp"
#include "src/base/varlink.hpp"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <set>
#include <utility>

#include <sys/stat.h>

namespace hwcsync::secrets {
namespace {

VarlinkError refusal(std::string_view name, const std::string& generation, std::string_view reason) {
  return {full_name(name), Json{{"generation", generation}, {"reason", std::string(reason)}}};
}

VarlinkError refusal(std::string_view name, std::string_view reason) {
  return {full_name(name), Json{{"reason", std::string(reason)}}};
}

AuditOp audit_op(AccessEvent::Op op) noexcept {
  switch (op) {
    case AccessEvent::Op::open:
      return AuditOp::open;
    case AccessEvent::Op::read:
      return AuditOp::read;
    case AccessEvent::Op::deny:
      break;
  }
  return AuditOp::deny;
}

// Another one whenever the file is written or replaced.
std::string stamp_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::strerror(errno);
  return std::to_string(status.st_dev) + ':' + std::to_string(status.st_ino) + ':' +
         std::to_string(status.st_size) + ':' + std::to_string(status.st_ctim.tv_sec) + '.' +
         std::to_string(status.st_ctim.tv_nsec);
}

}  // namespace

LocalSecretService::LocalSecretService(SecretsdOptions options, const Clock& clock)
    : options_(std::move(options)),
      store_(options_.state_dir + "/secrets"),
      audit_(clock, options_.audit_records),
      clock_(clock),
      views_(
          {.runtime_dir = options_.runtime_dir,
           .user_runtime_root = options_.user_runtime_root,
           .backend = options_.backend},
          [this](const AccessEvent& event) { observe(event); },
          [this](uid_t uid, std::uint64_t handle) { return former(uid, handle); }) {}

void LocalSecretService::start(std::vector<PassedFd> passed) {
  store_.tidy();
  load_identities();
  read_recorded();
  Held generation = find_interrupted();
  try {
    if (!generation && !recorded_.empty()) {
      generation = find(recorded_);
      if (!generation) problem_ = "the recorded generation is not stored on this machine";
    }
  } catch (const Error& error) {
    problem_ = error.what();
  }
  if (generation) {
    served_ = generation;
    snapshots_ = snapshots_of(generation);
  }
  for (const std::string& line : views_.start(std::move(passed), snapshots_, served_ ? served_->id() : "")) {
    log(LogLevel::warning, "view not taken over", {{"reason", line}});
  }
  try {
    if (generation) serve(std::move(generation));
  } catch (const Error& error) {
    // watch() goes on trying; who asks for a view is told the reason.
    log(LogLevel::error, "no view could be shown", {{"reason", error.what()}});
  }
  if (!problem_.empty() && retries_.is_news(problem_)) {
    log(LogLevel::error, "serving no secrets", {{"recorded", recorded_}, {"reason", problem_}});
  }
}

LocalSecretService::Held LocalSecretService::find_interrupted() {
  const auto before = read_served(options_.runtime_dir);
  if (!before || !problem_.empty() || !before->holds(recorded_)) return nullptr;
  try {
    return find(before->generation);
  } catch (const Error& error) {
    log(LogLevel::error, "cannot serve what the predecessor served",
        {{"generation", before->generation}, {"reason", error.what()}});
    return nullptr;
  }
}

void LocalSecretService::load_identities() {
  std::vector<Identity> loaded;
  identity_problems_.clear();
  for (const std::string& path : options_.identities) {
    try {
      for (Identity& identity : secrets::load_identities(path)) loaded.push_back(std::move(identity));
    } catch (const Error& error) {
      identity_problems_.emplace_back(error.what());
      if (retries_.is_news(error.what()))
        log(LogLevel::error, "cannot load identity", {{"path", path}, {"reason", error.what()}});
    }
  }
  identities_.store(std::make_shared<const std::vector<Identity>>(std::move(loaded)));
}

std::string LocalSecretService::read_named() const {
  try {
    return std::string(trim(read_file(options_.generation_file, 4096)));
  } catch (const SystemError& error) {
    if (error.code() != ENOENT) throw;
    return {};
  }
}

void LocalSecretService::read_recorded() {
  problem_.clear();
  try {
    recorded_ = read_named();
  } catch (const SystemError& error) {
    // What it named when it could be read still counts.
    problem_ = error.what();
    return;
  }
  if (!recorded_.empty() && !is_generation_id(recorded_)) {
    problem_ = "cannot use " + options_.generation_file + ": it holds no generation id";
    recorded_.clear();
  }
}

LocalSecretService::Held LocalSecretService::decrypt(const SecretBundle& bundle) const {
  try {
    return secrets::stage(parse_manifest(bundle.manifest), bundle.ciphertexts, *identities_.load());
  } catch (const SystemError&) {
    throw;  // of our memory, not of the manifest
  } catch (const Error& error) {
    throw refusal("BadManifest", error.what());
  }
}

LocalSecretService::Held LocalSecretService::find(const std::string& generation) {
  if (const auto known = staged_.find(generation); known != staged_.end()) return known->second;
  Held loaded = load(generation);
  if (loaded) staged_.emplace(generation, loaded);
  return loaded;
}

LocalSecretService::Held LocalSecretService::find_again(const std::string& generation) {
  const auto known = staged_.find(generation);
  if (known == staged_.end() || known->second->failures() == 0) return find(generation);
  // Files that failed before may open with the identities that are there now.
  Held loaded = load(generation);
  return loaded ? keep_readable(std::move(loaded), *known->second) : nullptr;
}

LocalSecretService::Held LocalSecretService::load(const std::string& generation) const {
  const auto stored = store_.load(generation);
  if (!stored) return nullptr;
  Held loaded = decrypt(*stored);
  if (loaded->id() != generation) {
    throw Error("cannot serve generation", generation, "what is stored under this id is another one");
  }
  return loaded;
}

// On the thread of a view.
std::shared_ptr<const ViewSnapshot> LocalSecretService::former(uid_t uid,
                                                               std::uint64_t handle) const noexcept {
  try {
    for (const std::string& id : store_.list()) {
      if (ViewSnapshot::handle_of(id) != handle) continue;
      const Held generation = load(id);
      if (!generation) return nullptr;
      const Snapshots all = snapshots_of(generation);
      const auto found = all.find(uid);
      return found == all.end() ? nullptr : found->second;
    }
  } catch (const std::exception& error) {
    log(LogLevel::error, "cannot find again what an open file reads", {{"reason", error.what()}});
  }
  return nullptr;
}

std::vector<FileFact> LocalSecretService::facts(const SecretBundle& bundle) {
  return compare(*decrypt(bundle), served_.get());
}

StagedGeneration LocalSecretService::stage(const SecretBundle& bundle) {
  const Held made = decrypt(bundle);
  for (const std::string& id : source_ids(made->manifest())) {
    // On disk it would be half a generation for ever.
    if (!bundle.ciphertexts.contains(id))
      throw refusal("BadManifest", "the ciphertext " + id + " was not given");
  }
  SecretBundle needed{.manifest = serialise(made->manifest())};
  for (const std::string& id : source_ids(made->manifest()))
    needed.ciphertexts.emplace(id, bundle.ciphertexts.at(id));
  store_.save(made->id(), needed);
  const auto known = staged_.find(made->id());
  staged_.insert_or_assign(made->id(), known == staged_.end() ? made : keep_readable(made, *known->second));
  log(LogLevel::info, "secrets staged",
      {{"generation", made->id()},
       {"files", std::to_string(made->files().size())},
       {"failures", std::to_string(made->failures())}});
  return {.generation = made->id(), .facts = compare(*made, served_.get())};
}

std::vector<ViewStatus> LocalSecretService::flip(const std::string& generation) {
  Held next = find(generation);
  if (!next) throw refusal("UnknownGeneration", generation, "it is neither staged nor stored");
  // The system may have been switched since; what stands in the way of serving stays known until we serve.
  std::string problem = std::exchange(problem_, {});
  read_recorded();
  problem_ = std::move(problem);
  serve(std::move(next));
  problem_.clear();
  return views_.without(snapshots_);
}

void LocalSecretService::serve(Held generation) {
  Snapshots next = snapshots_of(generation);
  // First the record: nobody may read the new values and, after our death, the old ones again.
  write_served(options_.runtime_dir, {.generation = generation->id(), .recorded = recorded_});
  try {
    views_.show(next, generation->id());
  } catch (...) {
    // Nothing was shown: a successor has to serve what we go on serving.
    if (served_) write_served(options_.runtime_dir, {.generation = served_->id(), .recorded = recorded_});
    throw;
  }
  snapshots_ = std::move(next);
  if (served_ != generation) {
    log(LogLevel::info, "secrets flipped",
        {{"generation", generation->id()},
         {"before", served_ ? served_->id() : "none"},
         {"failures", std::to_string(generation->failures())}});
  }
  // What is not served any more is on disk, encrypted; in memory only as long as open files read it.
  if (served_ && served_ != generation) staged_.erase(served_->id());
  staged_.insert_or_assign(generation->id(), generation);
  served_ = std::move(generation);
}

void LocalSecretService::drop(const std::string& generation) {
  note_switch();
  if (served_ && served_->id() == generation)
    throw refusal("GenerationInUse", generation, "it is being served");
  std::string named;
  try {
    named = read_named();
  } catch (const SystemError& error) {
    throw refusal("GenerationInUse", generation,
                  "whether the running system names it cannot be told: " + std::string(error.what()));
  }
  if (named == generation || recorded_ == generation)
    throw refusal("GenerationInUse", generation, "the running system names it");
  staged_.erase(generation);
  store_.remove(generation);
}

ViewStatus LocalSecretService::mount(uid_t uid) {
  note_switch();
  follow_switch();
  // Neither an empty view nor that of another system: with either a stack would start that must not.
  if (!problem_.empty() && (!served_ || served_->id() != recorded_)) throw refusal("NotServing", problem_);
  return views_.ensure(uid, snapshots_, served_ ? served_->id() : "");
}

void LocalSecretService::reload() {
  retries_.forget();
  try_to_serve();
}

void LocalSecretService::try_to_serve() {
  retries_.begin();
  load_identities();
  read_recorded();
  if (!problem_.empty() && retries_.is_news(problem_))
    log(LogLevel::error, "cannot serve the recorded secrets", {{"reason", problem_}});
  const std::string wanted = generation_to_serve();
  if (wanted.empty()) return;
  try {
    Held generation = find_again(wanted);
    if (!generation) throw Error("cannot serve generation", wanted, "it is not stored on this machine");
    serve(std::move(generation));
  } catch (const Error& error) {
    problem_ = error.what();
    if (!retries_.is_news(problem_)) return;
    log(LogLevel::error, "cannot serve what is recorded or was flipped to",
        {{"generation", wanted}, {"reason", problem_}});
  }
}

std::string LocalSecretService::generation_to_serve() const {
  if (!served_) return recorded_;
  const auto before = read_served(options_.runtime_dir);
  const bool flipped = before && before->generation == served_->id() && before->holds(recorded_);
  return flipped || recorded_.empty() ? served_->id() : recorded_;
}

void LocalSecretService::note_switch() {
  if (!served_ || recorded_ == served_->id()) return;
  try {
    if (read_named() != served_->id()) return;
    write_served(options_.runtime_dir, {.generation = served_->id(), .recorded = served_->id()});
    recorded_ = served_->id();
    problem_.clear();
  } catch (const SystemError&) {
    // Not to be read means: nothing to learn from it. It is said where it matters, when it is to be served.
  }
}

void LocalSecretService::follow_switch() {
  std::string named;
  try {
    named = read_named();
  } catch (const SystemError&) {
    return;  // no system says anything (yet): what is served stays
  }
  if (!is_generation_id(named) || (served_ && named == served_->id())) return;
  if (named == recorded_ && problem_.empty()) return;
  const bool due = retries_.due(circumstances(named), clock_.steady_now());
  if (named == recorded_ && !due) return;
  if (named != recorded_)
    log(LogLevel::info, "the system names another generation now", {{"generation", named}});
  try_to_serve();
}

std::string LocalSecretService::circumstances(const std::string& named) const {
  std::string out = named + (staged_.contains(named) ? " staged" : "");
  for (const std::string& path : options_.identities) out += '\n' + stamp_of(path);
  return out;
}

Snapshots LocalSecretService::snapshots_of(const Held& generation) {
  std::map<uid_t, std::vector<ViewEntry>> by_user;
  for (const StagedFile& file : generation->files()) {
    by_user[file.entry.viewer()].push_back({.path = file.entry.path,
                                            .stack = file.entry.stack,
                                            .secret = file.entry.name,
                                            .uid = file.entry.uid,
                                            .gid = file.entry.gid,
                                            .mode = file.entry.mode,
                                            .content = file.content.bytes(),
                                            .failure = file.failure});
  }
  Snapshots out;
  for (auto& [uid, entries] : by_user) {
    out.emplace(uid, std::make_shared<const ViewSnapshot>(generation->id(), std::move(entries), generation,
                                                          std::time(nullptr)));
  }
  return out;
}

ServiceStatus LocalSecretService::status() {
  note_switch();
  const Arena::Usage usage = Arena::process().usage();
  ServiceStatus out{
      .generation = served_ ? served_->id() : "",
      .recorded = recorded_,
      .problem = problem_,
      .views = views_.status(),
      .identity_problems = identity_problems_,
      .audit = audit_.counts(),
      .locked_bytes = usage.locked,
      .backend = options_.backend == Backend::fuse ? "fuse" : "ramfs",
      .lacks = options_.backend == Backend::fuse ? std::vector<std::string>{} : what_ramfs_lacks()};
  // All that a drop can take away. After a restart most are on disk only.
  std::set<std::string> kept;
  for (const auto& [id, generation] : staged_) kept.insert(id);
  for (std::string& id : store_.list()) kept.insert(std::move(id));
  out.staged.assign(kept.begin(), kept.end());
  const auto identities = identities_.load();
  for (const Identity& identity : *identities) out.recipients.push_back(to_text(identity.recipient()));
  if (served_) {
    for (const StagedFile& file : served_->files()) {
      if (file.readable()) continue;
      out.failures.push_back({.uid = file.entry.viewer(),
                              .path = file.entry.path,
                              .stack = file.entry.stack,
                              .name = file.entry.name,
                              .fact = Fact::undecryptable,
                              .reason = file.failure});
    }
  }
  return out;
}

std::vector<AuditRecord> LocalSecretService::audit(const AuditQuery& query) {
  return audit_.query(query);
}

void LocalSecretService::watch(std::chrono::milliseconds limit) {
  note_switch();
  follow_switch();
  views_.mend(snapshots_, served_ ? served_->id() : "");
  for (const uid_t uid : views_.abort_stuck(limit, snapshots_, served_ ? served_->id() : "")) {
    log(LogLevel::error, "view was stuck: aborted and mounted anew",
        {{"uid", std::to_string(uid)}, {"limit", format_duration(limit)}});
  }
}

std::string LocalSecretService::summary() const {
  if (!served_) return problem_.empty() ? "no secrets yet" : "serving nothing: " + problem_;
  return "serving " + count_of(served_->files().size(), "file") + " to " +
         count_of(snapshots_.size(), "user") +
         (served_->failures() > 0 ? ", " + std::to_string(served_->failures()) + " undecryptable" : "") +
         (views_.failed().empty() ? "" : ", not all views are as they should be");
}

// On the thread of a view.
void LocalSecretService::observe(const AccessEvent& event) {
  const AuditOp op = audit_op(event.op);
  thread_local CallerMemory callers;
  const CallerProcess& process = callers.identify(event.caller.tid, event.path, op);
  audit_.add({.op = op,
              .view = event.view,
              .uid = event.caller.uid,
              .gid = event.caller.gid,
              .pid = process.pid,
              .exe = process.exe,
              .unit = process.unit,
              .container = process.container,
              .generation = std::string(event.generation),
              .path = std::string(event.path),
              .stack = std::string(event.stack),
              .secret = std::string(event.secret),
              .result = event.result == 0 ? "ok" : std::strerror(event.result)});
}

}  // namespace hwcsync::secrets
