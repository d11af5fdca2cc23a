#pragma once

#include "secrets/service/service.hpp"
#include "src/base/clock.hpp"
#include "src/base/json.hpp"

#include <chrono>
#include <string>

namespace hwcsync::secrets {

// The service across its socket. One connection a call, so that a restart of the service in between is not
// noticed. Any thread.
class SecretServiceClient final : public SecretService {
 public:
  explicit SecretServiceClient(std::string socket = kSecretsSocket,
                               std::chrono::milliseconds deadline = std::chrono::seconds(60));

  [[nodiscard]] std::vector<FileFact> facts(const SecretBundle& bundle) override;
  StagedGeneration stage(const SecretBundle& bundle) override;
  std::vector<ViewStatus> flip(const std::string& generation) override;
  void drop(const std::string& generation) override;
  ViewStatus mount(uid_t uid) override;
  void reload() override;
  [[nodiscard]] ServiceStatus status() override;
  [[nodiscard]] std::vector<AuditRecord> audit(const AuditQuery& query) override;

 private:
  Json call(std::string_view method, const Json& parameters) const;

  std::string socket_;
  std::chrono::milliseconds deadline_;
};

// Asks for the view of this user until it is mounted, and bound where the user has a runtime directory: what
// hwcsync-view@<uid>.service does before a stack starts. Throws Error with the last refusal when the time is
// up.
ViewStatus wait_for_view(SecretService& service, uid_t uid, std::chrono::milliseconds timeout, Clock& clock);

}  // namespace hwcsync::secrets
