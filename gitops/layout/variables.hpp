#pragma once

#include "gitops/compose/interpolation.hpp"
#include "gitops/layout/desired_state.hpp"
#include "src/base/schema.hpp"

#include <string>
#include <vector>

namespace hwcsync::layout {

// The variables of a stack. Those of the stack win over those of the host, those over the repository's; each
// may use the ones of the levels below it. TZ is the default time zone unless declared, XDG_RUNTIME_DIR the
// user's where stack.yaml asks for it, STATE_DIR is
// /opt/<category>/<stack>, an asset's variable its place at run time. Names from the env secret
// are taken from `secrets`.
[[nodiscard]] compose::Variables make_variables(const stack::RepositoryConfig& repository,
                                                const stack::Host& host, const Stack& stack,
                                                Problems& problems);

// Fills `${NAME}` into the texts of stack.yaml that name places on the host.
void fill_in_config(stack::StackConfig& config, const compose::Variables& variables, Problems& problems);

}  // namespace hwcsync::layout
