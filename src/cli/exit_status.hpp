#pragma once

// Exit statuses of the command line (DESIGN 10). 77 is never used: test runners take it for "skipped".
namespace hwcsync::cli {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kDifferences = 2;
inline constexpr int kRolledBack = 3;
inline constexpr int kRollbackFailed = 4;
inline constexpr int kRefused = 5;
inline constexpr int kUsage = 64;
inline constexpr int kBadInput = 65;
inline constexpr int kBusy = 75;
inline constexpr int kBadHostConfig = 78;

}  // namespace hwcsync::cli
