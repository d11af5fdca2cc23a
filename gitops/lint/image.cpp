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
  constexpr std::string_view kPostgres = "/var/lib/postgresql";
  constexpr std::string_view kMysql = "/var/lib/mysql";
  static constexpr std::array kDatabases{Database{"postgres", 5432, kPostgres},
                                         Database{"postgresql", 5432, "/bitnami/postgresql"},
                                         Database{"pgvecto-rs", 5432, kPostgres},
                                         Database{"pgvector", 5432, kPostgres},
                                         Database{"timescaledb", 5432, kPostgres},
                                         Database{"timescaledb-ha", 5432, "/home/postgres/pgdata"},
                                         Database{"postgis", 5432, kPostgres},
                                         Database{"vchord-postgres", 5432, kPostgres},
                                         Database{"mariadb", 3306, kMysql},
                                         Database{"mysql", 3306, kMysql},
                                         Database{"percona", 3306, kMysql},
                                         Database{"percona-server", 3306, kMysql},
                                         Database{"redis", 6379, "/data"},
                                         Database{"redis-stack", 6379, "/data"},
                                         Database{"redis-stack-server", 6379, "/data"},
                                         Database{"valkey", 6379, "/data"},
                                         Database{"mongo", 27017, "/data/db"},
                                         Database{"mongodb", 27017, "/bitnami/mongodb"},
                                         Database{"influxdb", 8086, "/var/lib/influxdb"},
                                         Database{"elasticsearch", 9200, "/usr/share/elasticsearch/data"},
                                         Database{"opensearch", 9200, "/usr/share/opensearch/data"},
                                         Database{"clickhouse", 8123, "/var/lib/clickhouse"},
                                         Database{"clickhouse-server", 8123, "/var/lib/clickhouse"},
                                         Database{"neo4j", 7687, "/data"},
                                         Database{"couchdb", 5984, "/opt/couchdb/data"},
                                         Database{"memcached", 11211, ""}};
  const std::string_view name(image.name);
  const std::string_view last = name.substr(name.rfind('/') + 1);
  for (const Database& database : kDatabases) {
    if (last == database.name) return &database;
  }
  return nullptr;
}

}  // namespace hwcsync::lint
