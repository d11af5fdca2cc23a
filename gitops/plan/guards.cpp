#include "gitops/plan/guards.hpp"

#include "gitops/plan/data_guards.hpp"
#include "gitops/plan/mount_guards.hpp"
#include "gitops/plan/settings.hpp"
#include "src/base/text.hpp"

#include <algorithm>

namespace hwcsync::plan {
namespace {

void check_host(const GuardInputs& in, std::vector<Refusal>& out) {
  const std::string& expected = in.after->hostname.empty() ? *in.host : in.after->hostname;
  if (!in.machine->empty() && *in.machine != expected) {
    out.push_back({"other-machine",
                   "this machine calls itself '" + *in.machine + "', but host '" + *in.host +
                       "' is the machine '" + expected + "' (hosts." + *in.host +
                       ".hostname in hwcsync.yaml)",
                   ""});
  }
  if (in.before == nullptr && !in.is_first && in.after->stacks.empty()) {
    out.push_back({"everything-vanished",
                   "host '" + *in.host +
                       "' has no stack, and what it had cannot be read: an empty list is more "
                       "often a mistake than a wish",
                   "everything-vanished"});
  }
  if (in.before != nullptr && !in.before->stacks.empty() && in.after->stacks.empty()) {
    out.push_back({"everything-vanished",
                   "all " + count_of(in.before->stacks.size(), "stack") + " of host '" + *in.host +
                       "' vanished at once: an empty list is more often a mistake than a wish",
                   "everything-vanished"});
  }
}

// podman keeps the driver that a place was begun with, and tells only its log (tried with 5.4).
void check_driver(const std::string& name, const stack::User& was, const stack::User& now,
                  std::vector<Refusal>& out) {
  const stack::Storage before = storage_of(name, was), after = storage_of(name, now);
  if (before.path != after.path || before.driver == after.driver) return;
  out.push_back({"storage-driver",
                 "the storage of " + name + " in " + after.path + " was begun with the driver " +
                     before.driver + ", and podman takes no other there: name another path for " +
                     after.driver + ", take the change back, or agree once nothing is left in that place",
                 "storage-driver:" + name});
}

// The service at a user's socket goes on in the old place, and without settings no start could tell.
void check_storage(const GuardInputs& in, std::vector<Refusal>& out) {
  if (in.before == nullptr) return;
  for (const auto& [name, user] : in.before->users) {
    const auto now = in.after->users.find(name);
    if (now == in.after->users.end()) continue;
    check_driver(name, user, now->second, out);
    if (!user.storage || now->second.storage) continue;
    stack::User own = user;
    own.storage.reset();
    const bool runs =
        std::any_of(in.pairs->begin(), in.pairs->end(), [&, &who = name](const StackPair& pair) {
          return pair.before && pair.after && pair.before->user == who && pair.after->user == who;
        });
    if (!runs || storage_of(name, user) == storage_of(name, now->second)) continue;
    out.push_back({"storage-forgotten",
                   "the storage of " + name + " is said no more, and what runs in " + user.storage->path +
                       " could not be stopped; name the place that is meant, such as storage: { path: " +
                       storage_of(name, own).path + " }",
                   ""});
  }
}

// Files belong to numbers. Whoever gets others leaves the files behind.
void check_ids(const GuardInputs& in, std::vector<Refusal>& out) {
  if (in.before == nullptr) return;
  for (const auto& [name, was] : in.before->users) {
    const auto now = in.after->users.find(name);
    if (now == in.after->users.end()) continue;
    const auto from_to = [](std::int64_t a, std::int64_t b) {
      return " from " + std::to_string(a) + " to " + std::to_string(b);
    };
    const bool uid = was.uid != now->second.uid;
    const bool sub_ids = was.sub_ids != now->second.sub_ids;
    if (!uid && !sub_ids) continue;
    std::string what = uid ? "the uid of " + name + " goes" + from_to(was.uid, now->second.uid)
                           : "the sub-ids of " + name + " go";
    if (sub_ids) what += (uid ? " and the sub-ids" : "") + from_to(was.sub_ids, now->second.sub_ids);
    out.push_back({"ids-changed",
                   what +
                       ": the files in volumes and binds keep their old owners and become unreadable for the "
                       "containers of this user, and so do the images. " +
                       (uid ? "NixOS does not change the uid of a user that exists. " : "") +
                       "Stop its stacks and give the files their new owners by hand (chown), or take the "
                       "change back",
                   "ids-changed:" + name});
  }
}

void check_renamed(const StackPair& pair, std::vector<Refusal>& out) {
  std::vector<Refusal> found;
  check_data({pair}, found);
  check_mounts({pair}, found);
  for (Refusal& refusal : found) {
    refusal.message = pair.before->name + " goes and " + pair.name + " comes with the same services. " +
                      refusal.message + " ('project: " + pair.before->project.name +
                      "' in the new stack.yaml keeps the names of its volumes)";
    out.push_back(std::move(refusal));
  }
}

}  // namespace

std::vector<Refusal> check_guards(const GuardInputs& in) {
  std::vector<Refusal> out;
  check_host(in, out);
  check_storage(in, out);
  check_ids(in, out);
  check_data(*in.pairs, out);
  check_mounts(*in.pairs, out);
  for (const StackPair& pair : renamed_pairs(*in.pairs)) check_renamed(pair, out);
  for (const SecretChange& secret : *in.secrets) {
    if (secret.fact != Fact::undecryptable) continue;
    out.push_back({"secret-undecryptable",
                   "cannot decrypt " + secret.source + " for stack " + secret.stack + ": " + secret.detail,
                   ""});
  }
  std::erase_if(
      out, [&](const Refusal& refusal) { return !refusal.ack.empty() && in.acks->count(refusal.ack) != 0; });
  return out;
}

}  // namespace hwcsync::plan
