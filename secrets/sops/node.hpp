#pragma once

#include "secrets/arena/secure_buffer.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hwcsync::secrets {

// The types that sops tells apart. `time` is RFC 3339.
enum class ScalarType { text, integer, floating, boolean, time, bytes };

// A value of a sops file, before or after decryption. Scalars and comments lie in the arena either way,
// because the same readers serve plaintext that is to be encrypted. Keys are in clear in every sops file.
struct SopsNode {
  enum class Kind { null, scalar, list, map, comment };
  struct Item;

  Kind kind = Kind::null;
  ScalarType type = ScalarType::text;
  SecureBuffer value;       // of a scalar in sops' canonical spelling (True, 1.5); of a comment without '#'
  std::vector<Item> items;  // of a list or map, with the comments between them

  [[nodiscard]] bool is_map() const noexcept { return kind == Kind::map; }
  [[nodiscard]] bool is_list() const noexcept { return kind == Kind::list; }
  [[nodiscard]] bool is_scalar() const noexcept { return kind == Kind::scalar; }
  [[nodiscard]] bool is_comment() const noexcept { return kind == Kind::comment; }
  [[nodiscard]] SopsNode clone() const;

  [[nodiscard]] static SopsNode map();
  [[nodiscard]] static SopsNode list();
  [[nodiscard]] static SopsNode comment(SecureBuffer text);
  [[nodiscard]] static SopsNode scalar(SecureBuffer value, ScalarType type = ScalarType::text);
  [[nodiscard]] static SopsNode scalar(std::string_view public_text);

 private:
  [[nodiscard]] static SopsNode of(Kind kind);
};

struct SopsNode::Item {
  std::string key;  // empty in a list and for a comment
  SopsNode node;
};

// Only for text that is public: ciphertext, metadata.
[[nodiscard]] std::string_view public_text(const SecureBuffer& value) noexcept;

[[nodiscard]] std::string_view to_string(ScalarType type) noexcept;  // "str", "int", ...
[[nodiscard]] std::optional<ScalarType> parse_scalar_type(std::string_view text) noexcept;

// The documents of a file (one, but for YAML), and what a key path names in them: components between slashes,
// a map's key or a list's index (comments do not count); a component may itself hold slashes, the shortest
// that fits wins. The first document that has it. nullptr when none has.
[[nodiscard]] const SopsNode* find_path(const std::vector<SopsNode>& documents, std::string_view path);

// Every path that find_path() takes, in the order of the file.
[[nodiscard]] std::vector<std::string> list_paths(const std::vector<SopsNode>& documents);

}  // namespace hwcsync::secrets
