#include "src/cli/facts.hpp"

#include "gitops/apply/secret_facts.hpp"
#include "gitops/apply/secret_service_adapter.hpp"
#include "secrets/service/client.hpp"
#include "src/base/error.hpp"

namespace hwcsync::cli {

plan::FactsFunction facts_from_service(const settings::Settings& settings) {
  return [socket = settings.runtime_dir + "/secrets", host = settings.host](
             std::vector<plan::SecretChange> changes, const std::string& manifest,
             const std::map<std::string, std::string>& ciphertexts) {
    try {
      secrets::SecretServiceClient client(socket);
      apply::SecretServiceAdapter service(client, host);
      return apply::with_facts(changes, service.facts({manifest, ciphertexts}));
    } catch (const Error&) {
      return changes;
    }
  };
}

}  // namespace hwcsync::cli
