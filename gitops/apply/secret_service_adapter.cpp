#include "gitops/apply/secret_service_adapter.hpp"

#include "secrets/manifest/manifest.hpp"

#include <utility>

namespace hwcsync::apply {
namespace {

plan::Fact fact_of(secrets::Fact fact) {
  switch (fact) {
    case secrets::Fact::same:
      return plan::Fact::same;
    case secrets::Fact::rotated:
      return plan::Fact::rotated;
    case secrets::Fact::undecryptable:
      return plan::Fact::undecryptable;
    case secrets::Fact::unknown:
      break;
  }
  return plan::Fact::unknown;
}

std::vector<SecretFact> facts_of(const std::vector<secrets::FileFact>& files) {
  std::vector<SecretFact> out;
  for (const secrets::FileFact& file : files) {
    out.push_back(
        {.stack = file.stack, .name = file.name, .fact = fact_of(file.fact), .detail = file.reason});
  }
  return out;
}

}  // namespace

SecretServiceAdapter::SecretServiceAdapter(secrets::SecretService& service, std::string host)
    : service_(service), host_(std::move(host)) {}

std::vector<SecretFact> SecretServiceAdapter::facts(const SecretBundle& bundle) {
  return facts_of(service_.facts({.manifest = bundle.manifest, .ciphertexts = bundle.ciphertexts}));
}

StagedSecrets SecretServiceAdapter::stage(const SecretBundle& bundle) {
  const auto staged = service_.stage({.manifest = bundle.manifest, .ciphertexts = bundle.ciphertexts});
  return {.generation = staged.generation, .facts = facts_of(staged.facts)};
}

std::vector<std::string> SecretServiceAdapter::flip(const std::string& generation) {
  std::string wanted = generation;
  if (wanted.empty()) {
    // The service knows no "nothing": a generation without files shows the same.
    secrets::Manifest nothing;
    nothing.host = host_;
    wanted = service_.stage({.manifest = secrets::serialise(nothing), .ciphertexts = {}}).generation;
  }
  std::vector<std::string> out;
  for (const secrets::ViewStatus& view : service_.flip(wanted))
    out.push_back("uid " + std::to_string(view.uid) + ": " + view.problem);
  return out;
}

void SecretServiceAdapter::drop(const std::string& generation) {
  service_.drop(generation);
}

void SecretServiceAdapter::reload() {
  service_.reload();
}

SecretGenerations SecretServiceAdapter::generations() {
  const auto status = service_.status();
  return {.active = status.generation, .staged = status.staged};
}

}  // namespace hwcsync::apply
