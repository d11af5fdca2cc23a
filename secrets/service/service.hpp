#pragma once

#include "secrets/audit/audit_log.hpp"
#include "secrets/vault/generation.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace hwcsync::secrets {

// What the service is given to work on. Nothing in it is secret.
struct SecretBundle {
  std::string manifest;     // JSON (secrets/manifest)
  Ciphertexts ciphertexts;  // each that the manifest names
};

struct StagedGeneration {
  std::string generation;
  std::vector<FileFact> facts;
};

// A view as the service has it. `bound` is where its user finds it, empty while that user has no runtime
// directory.
struct ViewStatus {
  uid_t uid = 0;
  std::string path{};
  std::string bound{};
  std::string
      problem{};  // why it is not bound, where there should be a place for it; or why it is not served
  std::size_t files = 0;
  bool taken_over = false;
  bool requests_lost = false;  // taken over on a kernel that cannot resend (before Linux 6.9)
};

struct ServiceStatus {
  std::string generation{};           // served; empty: none
  std::string recorded{};             // what the running system names; empty: none
  std::string problem{};              // why the recorded one is not served
  std::vector<std::string> staged{};  // in memory or stored on disk, sorted; the served one too
  std::vector<ViewStatus> views{};
  std::vector<FileFact> failures{};       // of the served generation
  std::vector<std::string> recipients{};  // public halves of the loaded identities
  std::vector<std::string> identity_problems{};
  AuditCounts audit{};
  std::uint64_t locked_bytes = 0;
  std::string backend{};             // "fuse" or "ramfs"
  std::vector<std::string> lacks{};  // what this backend cannot do, a sentence each
};

// The seam to the secret service. Each call throws VarlinkError for a refusal of the service and Error when
// it cannot be reached. Staging, flipping and dropping may be repeated.
class SecretService {
 public:
  virtual ~SecretService() = default;
  // Decrypts and compares with what is served, and forgets. No side effects.
  [[nodiscard]] virtual std::vector<FileFact> facts(const SecretBundle& bundle) = 0;
  // Decrypts, keeps beside what is served, and stores manifest and ciphertexts on disk so that a restart
  // finds them. Undecryptable files do not stop it: they are in the facts, and the plan refuses.
  virtual StagedGeneration stage(const SecretBundle& bundle) = 0;
  // Serves a staged or stored generation in all views; gives those of its users that do not show it.
  virtual std::vector<ViewStatus> flip(const std::string& generation) = 0;
  // Forgets a generation in memory and on disk; not the served or the recorded one.
  virtual void drop(const std::string& generation) = 0;
  // Makes sure that this user's view is mounted and, when the runtime directory exists, bound.
  virtual ViewStatus mount(uid_t uid) = 0;
  // Reads identities and record again, tries failed files again; keeps what a run flipped to (SIGHUP).
  virtual void reload() = 0;
  [[nodiscard]] virtual ServiceStatus status() = 0;
  // The newest first.
  [[nodiscard]] virtual std::vector<AuditRecord> audit(const AuditQuery& query) = 0;
};

inline constexpr const char* kSecretsSocket = "/run/hwcsync/secrets";

}  // namespace hwcsync::secrets
