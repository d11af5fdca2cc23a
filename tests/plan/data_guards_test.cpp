#include "tests/plan/plan_story.hpp"
#include "tests/support/catch.hpp"

namespace hwcsync::plan {
namespace {

using Words = std::vector<std::string>;

// One stack of the user homelab, whose Compose file and stack.yaml are the two sides.
class Sides : public Story {
 public:
  Sides& before(const std::string& compose, const std::string& stack = "") {
    from_ = write(compose, stack);
    return *this;
  }
  // The acknowledgements that the plan asks for.
  Words after(const std::string& compose, const std::string& stack = "") {
    Words out;
    message.clear();
    for (const Refusal& refusal : plan(from_, write(compose, stack)).refusals) {
      out.push_back(refusal.ack);
      message += refusal.message + '\n';
    }
    return out;
  }
  std::string message;

 private:
  std::string write(const std::string& compose, const std::string& stack) {
    fixture.write("stacks/one/compose.yaml", compose);
    fixture.write("stacks/one/stack.yaml", stack.empty() ? "style: oci\nuser: homelab\n" : stack);
    // Each side is a commit, also where nothing is another.
    fixture.write("NOTE.md", std::to_string(++count_));
    return fixture.commit("side " + std::to_string(count_));
  }
  std::string from_;
  int count_ = 0;
};

// Lines of a Compose file.
std::string web(const std::string& mounts, const std::string& volumes = "a: , b: ") {
  return "services:\n  web:\n    image: docker.io/library/caddy:2.8.4\n    volumes: [" + mounts +
         "]\nvolumes: { " + volumes + " }\n";
}
std::string db(const std::string& image, const std::string& mounts = "'a:/data'") {
  return "services:\n  db:\n    image: " + image + "\n    volumes: [" + mounts + "]\nvolumes: { a: , b: }\n";
}

TEST_CASE("a directory of the host that something else takes the place of is asked for") {
  Sides sides;
  sides.before(web("'/srv/one:/data'"));
  CHECK(sides.after(web("'a:/data'")) == Words{"data-replaced:one/web"});
  CHECK(sides.message ==
        "one/web: /data was /srv/one of the host and is now volume one_a, without those files. They stay in "
        "the old place; copy them when the stack is stopped\n");
  CHECK(sides.after(web("/data")) == Words{"data-replaced:one/web"});
  CHECK(sides.after(web("{ type: tmpfs, target: /data/ }")) == Words{"data-replaced:one/web"});
  CHECK(sides.after(web("]\n    tmpfs: ['/data:size=1m'")) == Words{"data-replaced:one/web"});
  // Still mounted, another directory that somebody wrote down, the same by other means, not mounted at all.
  CHECK(sides.after(web("'a:/data', '/srv/one/:/old'")).empty());
  CHECK(sides.after(web("'/srv/other:/data'")).empty());
  CHECK(
      sides.after(web("'a:/data'", "a: { driver_opts: { type: none, o: bind, device: /srv/one } }")).empty());
  CHECK(sides.after(web("")).empty());
  CHECK(sides.before(web("'/srv/one:/data:ro'")).after(web("'a:/data'")).empty());
  CHECK(sides.before(web("'/dev/shm:/data'")).after(web("'a:/data'")).empty());
}

TEST_CASE("a database without its directory starts with an empty one of its image's") {
  Sides sides;
  sides.before(db("docker.io/library/postgres:16", "'/srv/db:/var/lib/postgresql/data'"));
  CHECK(sides.after(db("docker.io/library/postgres:16", "")) == Words{"data-replaced:one/db"});
  CHECK(sides.message.find("is now what the image has there") != std::string::npos);
  // The same directory, where the server does not look; by the directory above it, it is there.
  CHECK(sides.after(db("docker.io/library/postgres:16", "'/srv/db:/var/lib/postgres/data'")) ==
        Words{"data-replaced:one/db"});
  CHECK(sides.message.find("They are mounted elsewhere in the container") != std::string::npos);
  sides.before(db("docker.io/library/postgres:16", "'/srv/pg/data:/var/lib/postgresql/data'"));
  CHECK(sides.after(db("docker.io/library/postgres:16", "'/srv/pg:/var/lib/postgresql'")).empty());
  sides.before(db("docker.io/library/mariadb:11.4",
                  "'a:/var/lib/mysql', '/srv/my.cnf:/mnt/my.cnf', '/backup:/backup'"));
  CHECK(sides.after(db("docker.io/library/mariadb:11.4", "'a:/var/lib/mysql'")).empty());
  CHECK(sides.after(db("docker.io/library/mariadb:11.4", "'a:/data'")) == Words{"data-replaced:one/db"});
}

TEST_CASE("what lay on a mount that stays shows what is below, and is no loss of a directory") {
  Sides sides;
  sides.before(web("'a:/var/www', '/mnt/photos:/var/www/photos'"));
  CHECK(sides.after(web("'a:/var/www'")).empty());
  sides.before(db("docker.io/library/redis:8", "'a:/data', '/srv/redis.conf:/data/redis.conf'"));
  CHECK(sides.after(db("docker.io/library/redis:8", "'a:/data'")).empty());
}

TEST_CASE("databases keep their files where their makers put them, or where they are told") {
  Sides sides;
  const Words asked{"data-replaced:one/db"};
  const auto loses = [&](const std::string& image, const std::string& target, const std::string& more = "") {
    sides.before(db(image + more, "'/srv/db:" + target + "'"));
    return sides.after(db(image + more, ""));
  };
  CHECK(loses("lscr.io/linuxserver/mariadb:11.4", "/config") == asked);
  CHECK(loses("docker.io/bitnami/redis:8", "/bitnami/redis/data") == asked);
  CHECK(loses("docker.io/library/postgres:16", "/pg", "\n    environment: { PGDATA: /pg/data }") == asked);
  CHECK(loses("docker.io/library/postgres:16", "/docker-entrypoint-initdb.d").empty());
}

TEST_CASE("a stack whose directory got another name keeps what it keeps, and is asked for the rest") {
  Sides sides;
  const auto renamed = [&](const std::string& was, const std::string& is, const std::string& stack) {
    sides.fixture.write("hwcsync.yaml", kConfig);
    sides.fixture.write("stacks/one/compose.yaml", was);
    sides.fixture.write("stacks/one/stack.yaml", "style: oci\nuser: homelab\n");
    const std::string from = sides.fixture.commit("one");
    std::string config = kConfig;
    config.replace(config.find("[one, two]"), 10, "[new, two]");
    sides.fixture.write("hwcsync.yaml", config);
    sides.fixture.write("stacks/new/compose.yaml", is);
    sides.fixture.write("stacks/new/stack.yaml", stack);
    Words out;
    for (const Refusal& refusal : sides.plan(from, sides.fixture.commit("new")).refusals)
      out.push_back(refusal.ack);
    return out;
  };
  const std::string same = "style: oci\nuser: homelab\n";
  CHECK(renamed(web("'a:/data'"), web("'a:/data'"), same) == Words{"volume-removed:new/a"});
  CHECK(renamed(web("'a:/data'"), web("'a:/data'"), same + "project: one\n").empty());
  CHECK(renamed(web("'/srv/one:/data'"), web("'a:/data'"), same) == Words{"data-replaced:new/web"});
  CHECK(renamed(web("'/srv/one:/data'"), web("'/srv/one:/data'"), "style: oci\n") ==
        Words{"owner-changed:new"});
  const std::string bound = "a: { driver_opts: { type: none, o: bind, device: /srv/one } }";
  CHECK(renamed(web("'a:/data'", bound), web("'a:/data'", bound), same).empty());
  CHECK(renamed(web("", "a: "), web("", "a: "), same).empty());
  const auto with_helper = [](const std::string& name) {
    return "services:\n  " + name + ": { image: 'docker.io/library/" + name +
           ":1', volumes: ['a:/data'] }\n  vpn: { image: 'docker.io/tailscale/tailscale:v1', volumes: "
           "['b:/s'] }\n"
           "volumes: { a: , b: }\n";
  };
  CHECK(renamed(with_helper("jellyfin"), with_helper("plex"), same).empty());
  CHECK(renamed(with_helper("plex"), with_helper("plex"), same).size() == 2);
}

TEST_CASE("places that are exchanged are asked for, by what is in them and not by their keys") {
  Sides sides;
  sides.before(web("'a:/data', 'b:/more'"));
  CHECK(sides.after(web("'b:/data', 'a:/more'")) == Words{"mounts-exchanged:one/web"});
  CHECK(sides.message ==
        "one/web: /data was volume one_a and is now volume one_b, which was mounted elsewhere: each would be "
        "used as the other\n");
  const std::string crossed = "a: { name: one_b }, b: { name: one_a }";
  CHECK(sides.after(web("'a:/data', 'b:/more'", crossed)) == Words{"mounts-exchanged:one/web"});
  // Twice crossed is as it was.
  CHECK(sides.after(web("'b:/data', 'a:/more'", crossed)).empty());
  CHECK(sides.after(web("'a:/x', 'b:/y'")).empty());
  // A directory and a volume; two directories of two services.
  CHECK(sides.before(web("'/srv/one:/data', 'a:/more'")).after(web("'a:/data', '/srv/one:/more'")) ==
        Words{"mounts-exchanged:one/web"});
  const auto two = [](const std::string& first, const std::string& second) {
    return "services:\n  first: { image: 'docker.io/library/caddy:2.8.4', volumes: ['" + first +
           ":/data'] }\n  second: { image: 'docker.io/library/caddy:2.8.4', volumes: ['" + second +
           ":/data'] }\n";
  };
  CHECK(sides.before(two("/srv/a", "/srv/b")).after(two("/srv/b", "/srv/a")) ==
        Words{"mounts-exchanged:one/first", "mounts-exchanged:one/second"});
}

TEST_CASE("a volume is known by its name, so that a key may be used again") {
  Sides sides;
  sides.before(web("'a:/data'", "a: { name: photos }"));
  CHECK(sides.after(web("'b:/data'", "a: { name: other }, b: { name: photos }")).empty());
  CHECK(sides.after(web("'a:/data'", "a: { name: other }, b: { name: photos }")) ==
        Words{"volume-removed:one/a"});
  // One that nobody ever mounted holds nothing.
  CHECK(sides.before(web("", "a: ")).after(web("", "b: ")).empty());
}

TEST_CASE("a volume of somebody else's is asked for where its service goes on without it") {
  Sides sides;
  const std::string external = "a: { external: true, name: photos }";
  const Words asked{"volume-removed:one/a"};
  sides.before(web("'a:/data'", external));
  CHECK(sides.after(web("'b:/data'", "b: ")) == asked);
  CHECK(sides.after(web("/data", "")) == asked);
  CHECK(sides.after(web("'/srv/one:/data'", "")) == asked);
  CHECK(sides.after(web("", "")) == asked);
  CHECK(sides.after(web("'a:/data'", external), "style: oci\n") == asked);
  CHECK(sides.message.find("is now photos of root and was photos of homelab: it starts empty") !=
        std::string::npos);
  CHECK(sides.after(web("'b:/data'", "b: { name: photos }")).empty());
  CHECK(sides.after("services:\n  other: { image: 'docker.io/library/caddy:2.8.4' }\n").empty());
}

TEST_CASE("a volume that binds a directory goes along to another user, whose ids may not fit") {
  Sides sides;
  const std::string bound = "a: { driver_opts: { type: none, o: bind, device: /srv/one } }";
  sides.before(web("'a:/data'", bound));
  CHECK(sides.after(web("'a:/data'", bound), "style: oci\n") == Words{"owner-changed:one"});
  CHECK(sides.after(web("'/srv/one/:/data:ro'", ""), "style: oci\n") == Words{"owner-changed:one"});
  const std::string share = "a: { driver_opts: { type: nfs, o: 'addr=10.0.0.2,rw', device: ':/photos' } }";
  CHECK(sides.before(web("'a:/data'", share)).after(web("'a:/data'", share), "style: oci\n").empty());
}

TEST_CASE("a share is asked for like a volume, and its options are not what it is") {
  Sides sides;
  const auto share = [](const std::string& options, const std::string& device) {
    return "a: { name: photos, driver_opts: { type: nfs, o: '" + options + "', device: '" + device + "' } }";
  };
  const Words asked{"volume-removed:one/a"};
  const std::string compose = "style: compose\nuser: homelab\n";
  sides.before(web("'a:/data'", share("addr=10.0.0.2,rw", ":/photos")), compose);
  CHECK(sides.after(web("/data", ""), compose) == asked);
  CHECK(sides.after(web("", ""), compose) == asked);
  CHECK(sides.after(web("'a:/data'", "a: { name: photos }"), compose) == asked);
  CHECK(sides.after(web("'a:/data'", share("addr=10.0.0.3,rw", ":/photos")), compose) == asked);
  CHECK(sides.after(web("'a:/data'", share("addr=10.0.0.2,rw,noatime", ":/photos")), compose).empty());
}

TEST_CASE("another server on the files of a database is asked for, and a series of two numbers counts both") {
  Sides sides;
  const Words asked{"database-major:one/db"};
  sides.before(db("docker.io/library/postgres:16"));
  CHECK(sides.after(db("docker.io/library/mariadb:11.4")) == asked);
  CHECK(sides.message.find("goes from postgres 16 to mariadb 11.4") != std::string::npos);
  CHECK(sides.after(db("docker.io/library/postgres:16.4")).empty());
  sides.before(db("docker.io/library/mysql:8.0.40"));
  CHECK(sides.after(db("docker.io/library/mysql:8.4.3")) == asked);
  CHECK(sides.after(db("docker.io/library/mysql:8.0.41")).empty());
  sides.before(db("docker.io/library/postgres:9.5"));
  CHECK(sides.after(db("docker.io/library/postgres:9.6")) == asked);
  CHECK(sides.before(db("docker.io/library/mysql:8")).after(db("docker.io/library/mysql:8.0")).empty());
  CHECK(sides.before(db("docker.io/library/mongo:7")).after(db("docker.io/library/mongo:7.0.14")).empty());
  CHECK(sides.before(db("docker.io/library/redis")).after(db("docker.io/library/redis:latest")).empty());
  CHECK(sides.before(db("lscr.io/linuxserver/mariadb:version-10.11.8-r0"))
            .after(db("lscr.io/linuxserver/mariadb:version-10.11.10-r0"))
            .empty());
  sides.before(db("docker.io/library/mongo:4.2"));
  CHECK(sides.after(db("docker.io/library/mongo:4.4")) == asked);
}

TEST_CASE("versions of databases are compared where they count the same, and asked for where nobody tells") {
  Sides sides;
  const Words asked{"database-major:one/db"};
  sides.before(db("docker.io/library/redis:8"));
  CHECK(sides.after(db("docker.io/valkey/valkey:8")) == asked);
  CHECK(sides.message.find("goes from redis 8 to valkey 8") != std::string::npos);
  CHECK(sides.after(db("docker.io/library/redis:8.2")).empty());
  sides.before(db("docker.io/library/postgres@sha256:" + std::string(64, 'a')));
  CHECK(sides.after(db("docker.io/library/postgres@sha256:" + std::string(64, 'b'))) == asked);
  sides.before(db("docker.io/library/postgres:alpine"));
  CHECK(sides.after(db("docker.io/library/postgres:latest")) == asked);
  // The tag says that it is the same one.
  sides.before(db("docker.io/library/postgres:alpine@sha256:" + std::string(64, 'a')));
  CHECK(sides.after(db("docker.io/library/postgres:alpine@sha256:" + std::string(64, 'b'))).empty());
  sides.before(db("docker.io/tensorchord/pgvecto-rs:pg14-v0.2.0"));
  CHECK(sides.after(db("docker.io/tensorchord/vchord-postgres:pg14-v0.3.0")).empty());
  CHECK(sides.after(db("docker.io/tensorchord/vchord-postgres:pg16-v0.3.0")) == asked);
}

}  // namespace
}  // namespace hwcsync::plan
