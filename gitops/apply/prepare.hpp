#pragma once

#include "gitops/apply/activation_record.hpp"
#include "gitops/apply/context.hpp"
#include "gitops/apply/run_log.hpp"
#include "gitops/history/request.hpp"

#include <variant>

namespace hwcsync::apply {

// A run that ends without a switch: refused, or nothing to do. Written as the terminal line by the caller.
struct EarlyEnd {
  history::Outcome outcome;
  Json detail = Json::object();
};

using Preparation = std::variant<ActivationRecord, EarlyEnd>;

// Everything that can fail, before anything of the running system changes: plan, images, secrets beside the
// old ones, modules, build, baseline. The journal says `locked` before and, when there is something to switch
// to, `baseline` after. Throws Error (the run failed) and Cancelled.
[[nodiscard]] Preparation prepare_apply(const WorkerContext& context, RunLog& log,
                                        const history::Request& request);

// The same for a manual rollback to the system that an earlier good run left.
[[nodiscard]] Preparation prepare_rollback(const WorkerContext& context, RunLog& log,
                                           const history::Request& request);

}  // namespace hwcsync::apply
