#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

// What stands where generated files are to be: in a working directory, or committed. Only what hwcsync wrote
// is replaced or removed: files that carry the marker as it was written, and the copies of an owner's files,
// which carry none and are listed with their hashes in `.copies`.
namespace hwcsync::nix {

inline constexpr const char* kCopiesFile = ".copies";

using FileMap = std::map<std::string, std::string>;  // path below generated/<host> -> content

// A copy's path, and a hash that it may have: two of them while a write is going on.
using Copies = std::set<std::pair<std::string, std::string>>;

[[nodiscard]] Copies copies_among(const FileMap& rendered);
// The content of the list; empty when there are none.
[[nodiscard]] std::string list_of_copies(const Copies& copies);
// A list that was edited lists nothing.
[[nodiscard]] Copies read_list_of_copies(std::string_view list);

struct Obstacle {
  std::string path;
  std::string reason;      // "it was generated and has been edited since"
  std::string difference;  // what would be lost; empty where nothing takes the file's place
};

// The first file that `rendered` must not replace; `standing` holds `.copies` too, where there is one.
[[nodiscard]] std::optional<Obstacle> find_obstacle(const FileMap& standing, const FileMap& rendered);

// The lines that differ, as "- was" and "+ now" after the number of the first; at most a screen of them.
[[nodiscard]] std::string line_difference(std::string_view was, std::string_view now);

}  // namespace hwcsync::nix
