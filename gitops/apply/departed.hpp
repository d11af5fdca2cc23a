#pragma once

#include "gitops/apply/context.hpp"
#include "gitops/history/run_directory.hpp"

namespace hwcsync::apply {

// Removes the containers of stacks that are not, or no longer, on this host's list: of one that left it, of
// one that a run brought and took back, and what one left with a user that it no longer runs as. Their data stays. Called when a run is over: until then a rollback
// may need them. What is deployed is taken from the mirror, whose containers to look at from the run. Throws
// Error; doing it again does what is left.
void remove_departed(const WorkerContext& context, const history::RunDirectory& run);

}  // namespace hwcsync::apply
