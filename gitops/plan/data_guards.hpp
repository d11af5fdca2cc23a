#pragma once

#include "gitops/plan/plan.hpp"
#include "gitops/plan/stacks.hpp"

#include <optional>
#include <string>
#include <vector>

namespace hwcsync::plan {

// Refusals where a container would start without its data or with files of another version: volumes that
// nobody mounts any more, or that start empty, databases.
void check_data(const std::vector<StackPair>& pairs, std::vector<Refusal>& out);

// Stacks that go and stacks that come with the same services: a directory that got another name. Each is what
// it was under the new name.
[[nodiscard]] std::vector<StackPair> renamed_pairs(const std::vector<StackPair>& pairs);

// The major version that a database image's tag tells ("docker.io/library/postgres:16.4" -> 16,
// "timescale/timescaledb:2.1-pg15" -> 15); nothing for other images and tags without a number.
[[nodiscard]] std::optional<int> database_major(const std::string& image);

}  // namespace hwcsync::plan
