#pragma once

#include "secrets/service/service.hpp"
#include "src/base/json.hpp"

// io.hwcsync.Secrets, version 1, as text and as JSON. Formats only grow: unknown keys are passed over by both
// sides.
namespace hwcsync::secrets {

inline constexpr const char* kInterface = "io.hwcsync.Secrets";
inline constexpr int kInterfaceVersion = 1;

// The interface in Varlink's language, with its documentation: what `varlinkctl introspect` prints.
[[nodiscard]] const char* interface_text() noexcept;

// "io.hwcsync.Secrets.<name>", for calls and errors.
[[nodiscard]] std::string full_name(std::string_view name);

// Each pair is inverse to the other. Readers throw Error for a reply that lacks something.
[[nodiscard]] Json to_json(const SecretBundle& bundle);
[[nodiscard]] Json to_json(const std::vector<FileFact>& facts);
[[nodiscard]] Json to_json(const ViewStatus& view);
[[nodiscard]] Json to_json(const ServiceStatus& status);
[[nodiscard]] Json to_json(const AuditCounts& counts);
// Throws VarlinkError (InvalidParameter): this one comes from outside. Checks that each ciphertext has its
// id.
[[nodiscard]] SecretBundle bundle_from_json(const Json& parameters);
[[nodiscard]] std::vector<FileFact> facts_from_json(const Json& json);
[[nodiscard]] ViewStatus view_from_json(const Json& json);
[[nodiscard]] ServiceStatus status_from_json(const Json& json);
[[nodiscard]] AuditRecord record_from_json(const Json& json);

}  // namespace hwcsync::secrets
