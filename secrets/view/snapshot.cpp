#include "secrets/view/snapshot.hpp"

#include "src/base/error.hpp"
#include "src/base/hash.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <utility>

namespace hwcsync::secrets {
namespace {

std::uint64_t first_bytes_of_hash(std::string_view text) {
  return std::stoull(sha256_hex(text).substr(0, 16), nullptr, 16);
}

bool usable(std::string_view component) {
  return !component.empty() && component != "." && component != ".." && component.size() <= 255 &&
         component.find('\0') == std::string_view::npos;
}

}  // namespace

NodeId node_id(std::string_view path) {
  const NodeId id = first_bytes_of_hash(path) & 0x7fff'ffff'ffff'ffffULL;
  return id <= kRootNode ? id + 2 : id;
}

ViewSnapshot::ViewSnapshot(std::string generation, std::vector<ViewEntry> entries,
                           std::shared_ptr<const void> keeper, std::time_t since)
    : generation_(std::move(generation)),
      marker_(generation_ + '\n'),
      entries_(std::move(entries)),
      keeper_(std::move(keeper)),
      since_(since),
      handle_(handle_of(generation_)) {
  root_ = &add(kRootNode, Kind::directory, {}, kRootNode);
  add(node_id(kGenerationFile), Kind::marker, kGenerationFile, kRootNode);
  for (const ViewEntry& entry : entries_) {
    NodeId parent = kRootNode;
    std::string walked;
    const std::vector<std::string> parts = split(entry.path, '/');
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (!usable(parts[i])) throw Error("cannot show", entry.path, "it is not a usable path below the view");
      const bool last = i + 1 == parts.size();
      walked += parts[i] + (last ? "" : "/");
      const NodeId id = node_id(walked);
      const auto known = nodes_.find(id);
      if (known == nodes_.end()) {
        Node& made = add(id, last ? Kind::file : Kind::directory, parts[i], parent);
        if (last) made.entry = &entry;
      } else if (last || known->second.parent != parent || known->second.name != parts[i]) {
        throw Error("cannot show", entry.path, "another file has this name or its node id");
      }
      parent = id;
    }
  }
  for (auto& [id, node] : nodes_) {
    std::ranges::sort(node.children, {}, [](const Node* child) -> const std::string& { return child->name; });
    const auto twin = std::ranges::adjacent_find(
        node.children, {}, [](const Node* child) -> const std::string& { return child->name; });
    if (twin != node.children.end()) {
      throw Error("cannot show", (*twin)->name, "it is both a file and a directory of the view");
    }
  }
}

std::uint64_t ViewSnapshot::handle_of(std::string_view generation) {
  return first_bytes_of_hash("generation " + std::string(generation)) >> 16U;
}

ViewSnapshot::Node& ViewSnapshot::add(NodeId id, Kind kind, std::string_view name, NodeId parent) {
  Node& made = nodes_[id];  // an unordered_map never moves its elements
  made = Node{.id = id, .kind = kind, .name = std::string(name), .parent = parent};
  if (id != kRootNode) nodes_.at(parent).children.push_back(&made);
  return made;
}

const ViewSnapshot::Node* ViewSnapshot::find(NodeId id) const noexcept {
  const auto found = nodes_.find(id);
  return found == nodes_.end() ? nullptr : &found->second;
}

const ViewSnapshot::Node* ViewSnapshot::child(const Node& directory, std::string_view name) const noexcept {
  const auto found = std::ranges::lower_bound(
      directory.children, name, {}, [](const Node* child) -> std::string_view { return child->name; });
  return found != directory.children.end() && (*found)->name == name ? *found : nullptr;
}

Bytes ViewSnapshot::content(const Node& node) const noexcept {
  if (node.kind == Kind::marker) return as_bytes(marker_);
  return node.entry == nullptr ? Bytes{} : node.entry->content;
}

}  // namespace hwcsync::secrets
