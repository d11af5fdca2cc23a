#pragma once

#include "gitops/apply/context.hpp"
#include "gitops/apply/run_log.hpp"
#include "gitops/layout/desired_state.hpp"

#include <set>
#include <string>

namespace hwcsync::apply {

// Makes the images that these stacks have the host build and that are not there, one after the other, from
// the files and by the script of the system at `store_path`, which need not run. What fails here fails before
// anything is switched; a user who comes only with the switch has no store yet, and the stack's first start
// builds. Each build is a transient unit that writes to the run's images.log. Throws RunFailure and
// Cancelled.
void build_images(const WorkerContext& context, RunLog& log, const layout::DesiredState& desired,
                  const std::set<std::string>& stacks, const std::string& store_path);

}  // namespace hwcsync::apply
