#pragma once

#include "gitops/layout/desired_state.hpp"

namespace hwcsync::test {

// A host with stacks of both styles, built by hand: no reader, no files.
//   immich  compose  four services, an env file and a secret file, start order, a port behind the proxy
//   caddy   compose  one asset
//   sonarr  oci      one container, a route, bind sources
//   ledger  oci      database with a healthcheck, a service that waits for it, secret environment, a network
[[nodiscard]] layout::DesiredState example_state();

}  // namespace hwcsync::test
