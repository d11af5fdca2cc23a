#include "src/cli/secret_listing.hpp"

#include "secrets/service/client.hpp"
#include "secrets/service/generation_store.hpp"
#include "src/base/error.hpp"

namespace hwcsync::cli {

SecretListing served_secrets(const Context& /*context*/, const settings::Settings& settings) {
  SecretListing out;
  out.status = secrets::SecretServiceClient(settings.runtime_dir + "/secrets").status();
  out.generation = out.status->generation;
  if (out.generation.empty()) return out;
  const auto stored = secrets::GenerationStore(settings.state_dir + "/secrets").load(out.generation);
  if (!stored) {
    throw Error(
        {"cannot list", "what is served",
         "the generation " + out.generation.substr(0, 12) + " is not stored below " + settings.state_dir,
         ""});
  }
  out.manifest = secrets::parse_manifest(stored->manifest);
  return out;
}

std::string shown_path(const secrets::SecretFile& file, const settings::Settings& settings) {
  return (file.viewer() == 0 ? settings.runtime_dir + "/view/0/"
                        : "/run/user/" + std::to_string(file.viewer()) + "/secrets/") +
         file.path;
}

std::string source_text(const secrets::SecretFile& file) {
  if (file.grammar != secrets::Grammar::text_template)
    return file.source.path + (file.key.empty() ? "" : " " + file.key);
  std::string out = file.text_template.path;
  for (const secrets::TemplatePart& part : file.text_template.parts) {
    if (!part.secret.empty()) out += ", " + part.source.path + (part.key.empty() ? "" : " " + part.key);
  }
  return out;
}

}  // namespace hwcsync::cli
