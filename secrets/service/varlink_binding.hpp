#pragma once

#include "secrets/service/service.hpp"
#include "src/base/varlink_server.hpp"

#include <functional>

namespace hwcsync::secrets {

// The most records that one call of Audit gives.
inline constexpr std::uint64_t kAuditLimit = 10'000;

// The service as io.hwcsync.Secrets. Answers callers of our own uid (root) and no others, whatever the
// socket's mode says. `changed` runs after each call that may have changed what is served. The service must
// outlive the interface.
[[nodiscard]] VarlinkInterface secrets_interface(SecretService& service, std::function<void()> changed);

}  // namespace hwcsync::secrets
