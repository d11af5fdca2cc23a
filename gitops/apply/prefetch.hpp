#pragma once

#include "gitops/apply/context.hpp"
#include "gitops/apply/run_log.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <utility>

namespace hwcsync::apply {

using ImageSet = std::set<std::pair<Account, std::string>>;

struct PrefetchResult {
  std::size_t wanted = 0;
  std::size_t pulled = 0;
  // Those of accounts that come only with the switch: each user has a store of its own, so the first start of
  // the stack pulls them, within its start time.
  std::size_t later = 0;
  std::set<std::string> absent_users;

  [[nodiscard]] Json detail() const;  // for the journal
};

// Pulls what is not there yet, two at a time, so that no pull happens inside a switch (it would hold the
// switch lock with no time limit). Where podman comes only with the switch nothing can be pulled. Throws
// RunFailure with podman's words; whether trying again may help follows from them.
[[nodiscard]] PrefetchResult prefetch(const WorkerContext& context, const RunLog& log,
                                      const ImageSet& images);

}  // namespace hwcsync::apply
