#pragma once

#include "secrets/arena/secure_buffer.hpp"

#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <sys/types.h>

namespace hwcsync::secrets {

// One file that a view shows.
struct ViewEntry {
  std::string path;    // below the view: "immich-stack.env", "immich/db-password"
  std::string stack;   // labels for the audit
  std::string secret;  // likewise
  uid_t uid = 0;
  gid_t gid = 0;
  mode_t mode = 0400;
  // Points into locked memory that the snapshot's keeper holds; never copied.
  Bytes content{};
  std::string failure;  // why there is no content: opening gives EIO; empty when all is well
};

using NodeId = std::uint64_t;

// What a view shows in one generation: an immutable tree of names. Shared between threads.
// Node ids follow from the path alone, so that a name keeps its inode for ever: over generations and over
// restarts.
class ViewSnapshot {
 public:
  enum class Kind { directory, file, marker };  // the marker is `.generation`
  struct Node {
    NodeId id = 0;
    Kind kind = Kind::directory;
    std::string name;
    const ViewEntry* entry = nullptr;     // of a file
    std::vector<const Node*> children{};  // of a directory, by name
    NodeId parent = 0;
  };

  // `keeper` keeps the memory of the contents alive. Throws Error for an unusable or doubled path and for two
  // paths with one node id. `since` is what files show as their time.
  ViewSnapshot(std::string generation, std::vector<ViewEntry> entries, std::shared_ptr<const void> keeper,
               std::time_t since);
  ViewSnapshot(const ViewSnapshot&) = delete;
  ViewSnapshot& operator=(const ViewSnapshot&) = delete;

  [[nodiscard]] const Node& root() const noexcept { return *root_; }
  [[nodiscard]] const Node* find(NodeId id) const noexcept;
  [[nodiscard]] const Node* child(const Node& directory, std::string_view name) const noexcept;
  [[nodiscard]] Bytes content(const Node& node) const noexcept;

  [[nodiscard]] const std::string& generation() const noexcept { return generation_; }
  [[nodiscard]] const std::vector<ViewEntry>& entries() const noexcept { return entries_; }
  [[nodiscard]] std::time_t since() const noexcept { return since_; }
  // 48 bits that name the generation in a file handle; the same in every process.
  [[nodiscard]] std::uint64_t handle() const noexcept { return handle_; }
  [[nodiscard]] static std::uint64_t handle_of(std::string_view generation);

 private:
  Node& add(NodeId id, Kind kind, std::string_view name, NodeId parent);

  std::string generation_;
  std::string marker_;
  std::vector<ViewEntry> entries_;
  std::shared_ptr<const void> keeper_;
  std::time_t since_;
  std::uint64_t handle_;
  std::unordered_map<NodeId, Node> nodes_;
  const Node* root_ = nullptr;
};

// The id of a file or, with a slash at the end, of a directory. Never 0 or the root's 1, top bit clear.
[[nodiscard]] NodeId node_id(std::string_view path);

inline constexpr NodeId kRootNode = 1;
inline constexpr std::string_view kGenerationFile = ".generation";

}  // namespace hwcsync::secrets
