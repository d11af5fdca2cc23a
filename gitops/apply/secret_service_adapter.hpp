#pragma once

#include "gitops/apply/secret_service.hpp"
#include "secrets/service/service.hpp"

#include <string>

namespace hwcsync::apply {

// The secrets service in the words of a run. `service` must outlive this.
class SecretServiceAdapter final : public SecretService {
 public:
  SecretServiceAdapter(secrets::SecretService& service, std::string host);
  [[nodiscard]] std::vector<SecretFact> facts(const SecretBundle& bundle) override;
  [[nodiscard]] StagedSecrets stage(const SecretBundle& bundle) override;
  std::vector<std::string> flip(const std::string& generation) override;
  void drop(const std::string& generation) override;
  void reload() override;
  [[nodiscard]] SecretGenerations generations() override;

 private:
  secrets::SecretService& service_;
  std::string host_;
};

}  // namespace hwcsync::apply
