#pragma once

#include "secrets/identity/identity.hpp"
#include "secrets/service/generation_store.hpp"
#include "secrets/service/retries.hpp"
#include "secrets/service/service.hpp"
#include "secrets/service/view_table.hpp"
#include "src/base/clock.hpp"
#include "src/base/published.hpp"
#include "src/base/service_notify.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hwcsync::secrets {

// What `hwcsync secretsd` is told.
struct SecretsdOptions {
  std::vector<std::string> identities{};  // files: age identities or OpenSSH Ed25519 keys
  std::string runtime_dir = "/run/hwcsync";
  std::string state_dir = "/var/lib/hwcsync";
  std::string socket = kSecretsSocket;
  // Written by the system that is running: the id of the generation to serve outside of a run.
  std::string generation_file = "/etc/hwcsync/secrets-generation";
  std::string user_runtime_root = "/run/user";
  std::size_t audit_records = 4096;
  Backend backend = Backend::fuse;
  // One request of a view takes microseconds; one that takes this long will never end.
  std::chrono::milliseconds stuck_after{20'000};
};

// The service itself: keys, generations and views in this process. Belongs to the main thread.
class LocalSecretService final : public SecretService {
 public:
  LocalSecretService(SecretsdOptions options, const Clock& clock);

  // Loads identities and the recorded generation, takes over or clears the views of a predecessor, and
  // serves. What goes wrong with identities or the generation is in status(); throws only when the place
  // itself is unusable.
  void start(std::vector<PassedFd> passed);

  [[nodiscard]] std::vector<FileFact> facts(const SecretBundle& bundle) override;
  StagedGeneration stage(const SecretBundle& bundle) override;
  std::vector<ViewStatus> flip(const std::string& generation) override;
  void drop(const std::string& generation) override;
  ViewStatus mount(uid_t uid) override;
  void reload() override;
  [[nodiscard]] ServiceStatus status() override;
  [[nodiscard]] std::vector<AuditRecord> audit(const AuditQuery& query) override;

  // To be called now and then: see ViewTable::abort_stuck() and mend(). Follows a switch by hand.
  void watch(std::chrono::milliseconds limit);

  // One line for `systemctl status`.
  [[nodiscard]] std::string summary() const;

 private:
  using Held = std::shared_ptr<const Generation>;

  void load_identities();
  void read_recorded();
  // What a run has flipped to counts until the system is switched; then what that names.
  [[nodiscard]] std::string generation_to_serve() const;
  // When the system was switched to what is served, the flip is over: a later switch back must count.
  void note_switch();
  // The id in the generation file as it stands; empty when there is no file. Throws SystemError.
  [[nodiscard]] std::string read_named() const;
  // When the system names neither what is served nor what it named before, nobody told us: a rollback by
  // hand. What it names and could not be served is tried again.
  void follow_switch();
  // Loads identities and serves what is to be served; what stands in the way is in problem_, and logged where
  // the try before did not fail for it.
  void try_to_serve();
  // All that a try depends on, but for passing reasons.
  [[nodiscard]] std::string circumstances(const std::string& named) const;
  // What a predecessor served in the middle of a run; nullptr when the recorded generation counts.
  [[nodiscard]] Held find_interrupted();
  [[nodiscard]] Held decrypt(const SecretBundle& bundle) const;
  // In memory, or decrypted from disk; nullptr when it is neither.
  [[nodiscard]] Held find(const std::string& generation);
  // The same, but what failed is tried once more.
  [[nodiscard]] Held find_again(const std::string& generation);
  [[nodiscard]] Held load(const std::string& generation) const;
  [[nodiscard]] std::shared_ptr<const ViewSnapshot> former(uid_t uid, std::uint64_t handle) const noexcept;
  void serve(Held generation);
  [[nodiscard]] static Snapshots snapshots_of(const Held& generation);
  void observe(const AccessEvent& event);

  SecretsdOptions options_;
  GenerationStore store_;
  AuditLog audit_;
  // Shared with the threads of the views, which decrypt what a predecessor had open.
  Published<std::vector<Identity>> identities_{std::make_shared<const std::vector<Identity>>()};
  std::vector<std::string> identity_problems_;
  std::map<std::string, Held> staged_;  // the served one too; others are on disk only, encrypted
  Held served_;
  Snapshots snapshots_;
  std::string recorded_;
  std::string problem_;
  const Clock& clock_;
  Retries retries_;
  ViewTable views_;  // last: its threads report to audit_
};

}  // namespace hwcsync::secrets
