#include "secrets/sops/node.hpp"

#include <array>
#include <utility>

namespace hwcsync::secrets {
namespace {

constexpr std::array<std::pair<ScalarType, std::string_view>, 6> kTypes{{{ScalarType::text, "str"},
                                                                         {ScalarType::integer, "int"},
                                                                         {ScalarType::floating, "float"},
                                                                         {ScalarType::boolean, "bool"},
                                                                         {ScalarType::time, "time"},
                                                                         {ScalarType::bytes, "bytes"}}};

// The children that a path can name, each with its component.
template <typename Visit>
void each_child(const SopsNode& node, const Visit& visit) {
  std::size_t index = 0;
  for (const SopsNode::Item& item : node.items) {
    if (item.node.is_comment()) continue;
    if (!visit(node.is_list() ? std::to_string(index) : item.key, item.node)) return;
    ++index;
  }
}

const SopsNode* find_below(const SopsNode& node, std::string_view path) {
  if (path.empty()) return &node;
  const SopsNode* out = nullptr;
  std::size_t shortest = std::string_view::npos;
  each_child(node, [&](const std::string& component, const SopsNode& child) {
    const bool fits = path.starts_with(component) && !component.empty() && component.size() < shortest &&
                      (path.size() == component.size() || path[component.size()] == '/');
    if (!fits) return true;
    const bool whole = path.size() == component.size();
    if (const SopsNode* found = whole ? &child : find_below(child, path.substr(component.size() + 1))) {
      out = found;
      shortest = component.size();
    }
    return true;
  });
  return out;
}

void list_below(const SopsNode& node, const std::string& prefix, std::vector<std::string>& out) {
  each_child(node, [&](const std::string& component, const SopsNode& child) {
    const std::string path = prefix.empty() ? component : prefix + '/' + component;
    out.push_back(path);
    list_below(child, path, out);
    return true;
  });
}

}  // namespace

SopsNode SopsNode::of(Kind kind) {
  SopsNode out;
  out.kind = kind;
  return out;
}

// Not in the class: there Item is incomplete, which clang 14 minds.
SopsNode SopsNode::map() {
  return of(Kind::map);
}

SopsNode SopsNode::list() {
  return of(Kind::list);
}

SopsNode SopsNode::scalar(std::string_view public_text) {
  return scalar(SecureBuffer(as_bytes(public_text)));
}

SopsNode SopsNode::comment(SecureBuffer text) {
  SopsNode out = of(Kind::comment);
  out.value = std::move(text);
  return out;
}

SopsNode SopsNode::scalar(SecureBuffer value, ScalarType type) {
  SopsNode out = of(Kind::scalar);
  out.type = type;
  out.value = std::move(value);
  return out;
}

SopsNode SopsNode::clone() const {
  SopsNode out = of(kind);
  out.type = type;
  out.value = value.clone();
  for (const Item& item : items) out.items.push_back({item.key, item.node.clone()});
  return out;
}

std::string_view public_text(const SecureBuffer& value) noexcept {
  return {reinterpret_cast<const char*>(value.data()), value.size()};
}

std::string_view to_string(ScalarType type) noexcept {
  for (const auto& [known, name] : kTypes) {
    if (known == type) return name;
  }
  return "str";
}

std::optional<ScalarType> parse_scalar_type(std::string_view text) noexcept {
  for (const auto& [type, name] : kTypes) {
    if (name == text) return type;
  }
  return std::nullopt;
}

const SopsNode* find_path(const std::vector<SopsNode>& documents, std::string_view path) {
  for (const SopsNode& document : documents) {
    if (const SopsNode* found = find_below(document, path)) return found;
  }
  return nullptr;
}

std::vector<std::string> list_paths(const std::vector<SopsNode>& documents) {
  std::vector<std::string> out;
  for (const SopsNode& document : documents) list_below(document, {}, out);
  return out;
}

}  // namespace hwcsync::secrets
