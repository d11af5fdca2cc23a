#include "gitops/lint/image.hpp"

#include <array>

namespace hwcsync::lint {

Image parse_image(std::string_view text) {
  Image out;
  if (const auto at = text.find('@'); at != std::string_view::npos) {
    out.digest = std::string(text.substr(at + 1));
    text = text.substr(0, at);
  }
  const auto slash = text.rfind('/');
  const auto colon = text.rfind(':');
  if (colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
    out.tag = std::string(text.substr(colon + 1));
    text = text.substr(0, colon);
  }
  // The first component is a registry when it cannot be a user: it has a dot or a port, or is localhost.
  const auto first = text.find('/');
  if (first != std::string_view::npos) {
    const std::string_view head = text.substr(0, first);
    if (head == "localhost" || head.find_first_of(".:") != std::string_view::npos) {
      out.registry = std::string(head);
      text = text.substr(first + 1);
    }
  }
  out.name = std::string(text);
  return out;
}

const Database* known_database(const Image& image) {
  static constexpr std::array kDatabases{Database{"postgres", 5432},
                                         Database{"postgresql", 5432},
                                         Database{"pgvecto-rs", 5432},
                                         Database{"pgvector", 5432},
                                         Database{"timescaledb", 5432},
                                         Database{"postgis", 5432},
                                         Database{"vchord-postgres", 5432},
                                         Database{"mariadb", 3306},
                                         Database{"mysql", 3306},
                                         Database{"percona", 3306},
                                         Database{"percona-server", 3306},
                                         Database{"redis", 6379},
                                         Database{"valkey", 6379},
                                         Database{"mongo", 27017},
                                         Database{"mongodb", 27017},
                                         Database{"influxdb", 8086},
                                         Database{"elasticsearch", 9200},
                                         Database{"memcached", 11211},
                                         Database{"timescaledb-ha", 5432},
                                         Database{"redis-stack", 6379},
                                         Database{"redis-stack-server", 6379},
                                         Database{"clickhouse-server", 8123},
                                         Database{"neo4j", 7687},
                                         Database{"opensearch", 9200},
                                         Database{"clickhouse", 8123},
                                         Database{"couchdb", 5984}};
  const std::string_view name(image.name);
  const std::string_view last = name.substr(name.rfind('/') + 1);
  for (const Database& database : kDatabases) {
    if (last == database.name) return &database;
  }
  return nullptr;
}

}  // namespace hwcsync::lint
