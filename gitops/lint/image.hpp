#pragma once

#include <string>
#include <string_view>

namespace hwcsync::lint {

// An image's name in its parts: "ghcr.io/immich-app/immich-server:v1.120.0@sha256:..."
struct Image {
  std::string registry;  // "ghcr.io", "localhost", "lab:5000"; empty when the name has none
  std::string name;      // "immich-app/immich-server"
  std::string tag;
  std::string digest;
};

[[nodiscard]] Image parse_image(std::string_view text);

// "postgres", "mariadb", ... when the image's last component is a known database, with its TCP port and
// where in the container it keeps its files (empty: nowhere).
struct Database {
  std::string_view name;
  int port = 0;
  std::string_view data;
};
[[nodiscard]] const Database* known_database(const Image& image);

}  // namespace hwcsync::lint
