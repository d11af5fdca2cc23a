#include "src/base/varlink.hpp"

#include "src/base/fd.hpp"
#include "src/base/varlink_client.hpp"
#include "src/base/varlink_server.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <array>
#include <optional>
#include <random>
#include <thread>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace hwcsync;
using std::chrono::milliseconds;

namespace {

std::string wire(const std::string& json) {
  return json + std::string(1, '\0');
}

struct Pair {
  Pair() {
    std::array<int, 2> made{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, made.data()) == 0);
    ours = Fd(made[0]);
    theirs = Fd(made[1]);
  }
  Fd ours;
  Fd theirs;
};

// A server with a few methods, stepped by the test.
struct World {
  explicit World(VarlinkServerOptions options = {}) : server(loop, std::move(options)) {
    VarlinkInterface interface { .name = "org.example.test", .description = "interface org.example.test\n" };
    interface.methods["Echo"] = [](const VarlinkCall&, const Json& parameters) { return parameters; };
    interface.methods["WhoAmI"] = [](const VarlinkCall& call, const Json&) {
      return Json{{"uid", call.peer.uid}, {"pid", call.peer.pid}};
    };
    interface.methods["Refuse"] = [](const VarlinkCall&, const Json&) -> Json {
      throw VarlinkError("org.example.test.No", Json{{"reason", "because"}});
    };
    interface.methods["Break"] = [](const VarlinkCall&, const Json&) -> Json {
      throw Error("cannot read", "the disk", "it is gone");
    };
    interface.methods["Big"] = [](const VarlinkCall&, const Json&) {
      return Json{{"text", std::string(1U << 20U, 'x')}};
    };
    interface.streams["Watch"] = [this](const VarlinkCall&, const Json&, VarlinkStream stream) {
      watcher.emplace(std::move(stream));
    };
    server.add(std::move(interface));
  }
  void settle() {
    while (loop.step(milliseconds(0)) == EventLoop::Step::worked) {
    }
  }
  Fd connect() {
    Pair pair;
    server.adopt(std::move(pair.theirs));
    return std::move(pair.ours);
  }
  // What has arrived, as text.
  std::string ask(const Fd& client, const std::string& bytes) {
    write_all(client.get(), bytes, "a socket");
    settle();
    return take(client);
  }
  static std::string take(const Fd& client) {
    std::string out;
    std::array<char, 4096> block;
    for (;;) {
      const ssize_t n = ::recv(client.get(), block.data(), block.size(), MSG_DONTWAIT);
      if (n <= 0) return out;
      out.append(block.data(), static_cast<std::size_t>(n));
    }
  }

  EventLoop loop;
  std::optional<VarlinkStream> watcher;
  VarlinkServer server;
};

}  // namespace

TEST_CASE("messages are cut at NUL however the bytes arrive") {
  const std::string bytes = wire(R"({"a":1})") + wire(R"({"b":"x"})");
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    MessageReader reader(100);
    std::vector<Json> got;
    for (const auto& part : {bytes.substr(0, cut), bytes.substr(cut)}) {
      reader.feed(part);
      while (auto message = reader.next()) got.push_back(*message);
    }
    REQUIRE(got.size() == 2);
    CHECK(got[0]["a"] == 1);
    CHECK(got[1]["b"] == "x");
    CHECK_FALSE(reader.midway());
  }
}

TEST_CASE("a message that is too long or no object is an error") {
  MessageReader reader(10);
  CHECK_THROWS_AS(reader.feed(std::string(11, 'x')), Error);
  MessageReader array(10);
  array.feed(wire("[1]"));
  CHECK_THROWS_AS(array.next(), Error);
  MessageReader second(10);
  second.feed(wire("{}") + wire(R"({"a":"01234567"})"));
  CHECK(second.next().has_value());
  CHECK_THROWS_AS(second.next(), Error);
}

TEST_CASE("parameters are read strictly") {
  const Json parameters{{"s", "x"}, {"n", 7}, {"negative", -1}, {"real", 1.5}};
  CHECK(string_parameter(parameters, "s") == "x");
  CHECK(unsigned_parameter(parameters, "n", 7) == 7);
  CHECK_THROWS_AS(unsigned_parameter(parameters, "n", 6), VarlinkError);
  CHECK_THROWS_AS(unsigned_parameter(parameters, "negative", 6), VarlinkError);
  CHECK_THROWS_AS(unsigned_parameter(parameters, "real", 6), VarlinkError);
  CHECK_THROWS_AS(unsigned_parameter(parameters, "s", 6), VarlinkError);
  CHECK_THROWS_AS(string_parameter(parameters, "n"), VarlinkError);
  CHECK_THROWS_AS(string_parameter(parameters, "missing"), VarlinkError);
}

TEST_CASE("calls are answered in order, errors by name") {
  World world;
  const Fd client = world.connect();
  CHECK(world.ask(client, wire(R"({"method":"org.example.test.Echo","parameters":{"x":1}})") +
                              wire(R"({"method":"org.example.test.Refuse"})")) ==
        wire(R"({"parameters":{"x":1}})") +
            wire(R"({"error":"org.example.test.No","parameters":{"reason":"because"}})"));
  CHECK(
      world.ask(client, wire(R"({"method":"org.example.test.Break"})")) ==
      wire(
          R"({"error":"org.example.test.Failed","parameters":{"reason":"cannot read the disk: it is gone"}})"));
  CHECK(
      world.ask(client, wire(R"({"method":"org.example.test.Nothing"})")) ==
      wire(
          R"({"error":"org.varlink.service.MethodNotFound","parameters":{"method":"org.example.test.Nothing"}})"));
  CHECK(
      world.ask(client, wire(R"({"method":"org.example.other.X"})")) ==
      wire(
          R"({"error":"org.varlink.service.InterfaceNotFound","parameters":{"interface":"org.example.other"}})"));
  CHECK(world.ask(client, wire(R"({"method":"org.example.test.Echo","oneway":true})")).empty());
  CHECK(world.ask(client, wire(R"({"method":"org.example.test.Watch"})")) ==
        wire(R"({"error":"org.varlink.service.ExpectedMore","parameters":{}})"));
}

TEST_CASE("the service describes itself") {
  World world;
  const Fd client = world.connect();
  const std::string info = world.ask(client, wire(R"({"method":"org.varlink.service.GetInfo"})"));
  CHECK_THAT(info, Catch::Matchers::Contains(R"("interfaces":["org.varlink.service","org.example.test"])"));
  CHECK(world.ask(client, wire(R"({"method":"org.varlink.service.GetInterfaceDescription",)"
                               R"("parameters":{"interface":"org.example.test"}})")) ==
        wire(R"({"parameters":{"description":"interface org.example.test\n"}})"));
}

TEST_CASE("the caller's credentials come from the kernel") {
  World world;
  const Fd client = world.connect();
  CHECK(world.ask(client, wire(R"({"method":"org.example.test.WhoAmI"})")) ==
        wire(R"({"parameters":{"pid":)" + std::to_string(::getpid()) + R"(,"uid":)" +
             std::to_string(::getuid()) + "}}"));
}

TEST_CASE("a stream sends until it is finished and then the next call is answered") {
  World world;
  const Fd client = world.connect();
  CHECK(world
            .ask(client, wire(R"({"method":"org.example.test.Watch","more":true})") +
                             wire(R"({"method":"org.example.test.Echo"})"))
            .empty());
  REQUIRE(world.watcher.has_value());
  CHECK(world.watcher->send(Json{{"n", 1}}));
  world.settle();
  CHECK(World::take(client) == wire(R"({"continues":true,"parameters":{"n":1}})"));
  CHECK(world.watcher->finish(Json{{"n", 2}}));
  world.settle();
  CHECK(World::take(client) == wire(R"({"parameters":{"n":2}})") + wire(R"({"parameters":{}})"));
  CHECK_FALSE(world.watcher->send(Json{{"n", 3}}));
}

TEST_CASE("a stream ends when its client goes") {
  World world;
  Fd client = world.connect();
  world.ask(client, wire(R"({"method":"org.example.test.Watch","more":true})"));
  REQUIRE(world.watcher.has_value());
  client.reset();
  world.settle();
  CHECK_FALSE(world.watcher->open());
  CHECK_FALSE(world.watcher->send(Json::object()));
  CHECK(world.server.clients() == 0);
}

TEST_CASE("a client that talks nonsense is dropped and the others are served") {
  World world({.message_limit = 100});
  const Fd good = world.connect();
  for (const std::string& nonsense : {wire("hello"), wire("[]"), wire("{}"), wire(R"({"method":1})"),
                                      std::string(101, '{'), std::string(1, '\0')}) {
    const Fd bad = world.connect();
    CHECK(world.ask(bad, nonsense).empty());
    CHECK(world.server.clients() == 1);
  }
  CHECK(world.ask(good, wire(R"({"method":"org.example.test.Echo"})")) == wire(R"({"parameters":{}})"));
}

TEST_CASE("a client that does not take its replies is dropped") {
  SECTION("because too much waits for it") {
    World world({.output_limit = 3U << 20U});
    const Fd client = world.connect();
    for (int i = 0; i < 10; ++i)
      write_all(client.get(), wire(R"({"method":"org.example.test.Big"})"), "a socket");
    world.settle();
    CHECK(world.server.clients() == 0);
  }
  SECTION("because it takes too long") {
    World world({.patience = milliseconds(1)});
    const Fd client = world.connect();
    write_all(client.get(), wire(R"({"method":"org.example.test.Big"})"), "a socket");
    while (world.server.clients() > 0)
      REQUIRE(world.loop.step(milliseconds(5000)) == EventLoop::Step::worked);
  }
  SECTION("or because it sends half a call") {
    World world({.patience = milliseconds(1)});
    const Fd client = world.connect();
    write_all(client.get(), "{\"method", "a socket");
    while (world.server.clients() > 0)
      REQUIRE(world.loop.step(milliseconds(5000)) == EventLoop::Step::worked);
  }
}

TEST_CASE("mutilated calls never stop the server") {
  World world({.message_limit = 2000});
  const std::string good = wire(
      R"({"method":"org.example.test.Echo","parameters":{"a":[1,2.5,"x",null,{"b":true}]},"more":false})");
  const Fd witness = world.connect();
  std::mt19937 random(4711);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = good + good;
    for (unsigned i = 0; i < 1 + random() % 6; ++i) {
      const std::size_t at = random() % bytes.size();
      switch (random() % 3) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(at, 1 + random() % 9);
          break;
        default:
          bytes.insert(at, bytes.substr(random() % bytes.size(), random() % 40));
      }
      if (bytes.empty()) bytes = good;
    }
    const Fd client = world.connect();
    world.ask(client, bytes);
  }
  world.settle();
  CHECK(world.ask(witness, wire(R"({"method":"org.example.test.Echo"})")) == wire(R"({"parameters":{}})"));
}

TEST_CASE("an idle client is kept and one too many is closed") {
  test::TemporaryDirectory directory;
  World world({.client_limit = 1, .patience = milliseconds(1)});
  const std::string path = directory.path() + "/socket";
  world.server.listen(path, 0600);
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  CHECK((found.st_mode & 07777U) == 0600);
  const VarlinkClient first = VarlinkClient::connect(path);
  world.settle();
  VarlinkClient second = VarlinkClient::connect(path);
  world.settle();
  CHECK(world.server.clients() == 1);
  CHECK_THROWS_AS(second.call("org.example.test.Echo", Json::object(), milliseconds(1000)), Error);
}

TEST_CASE("client and server speak with each other over a socket") {
  test::TemporaryDirectory directory;
  const std::string path = directory.path() + "/socket";
  World world;
  world.server.listen(path, 0600);
  std::string echoed;
  std::string error;
  std::size_t length = 0;
  std::vector<int> streamed;
  bool done = false;
  std::thread caller([&] {
    VarlinkClient client = VarlinkClient::connect(path);
    echoed = client.call("org.example.test.Echo", {{"x", "y"}}, milliseconds(5000)).dump();
    length = client.call("org.example.test.Big", Json::object(), milliseconds(5000))["text"]
                 .get<std::string>()
                 .size();
    try {
      client.call("org.example.test.Refuse", Json::object(), milliseconds(5000));
    } catch (const VarlinkError& refused) {
      error = refused.name() + ": " + refused.text().reason;
    }
    client.call_more("org.example.test.Watch", Json::object(), milliseconds(5000), [&](const Json& reply) {
      streamed.push_back(reply["n"].get<int>());
      return VarlinkClient::Next::go_on;
    });
    done = true;
  });
  while (!world.watcher && world.loop.step(milliseconds(5000)) == EventLoop::Step::worked) {
  }
  if (world.watcher) {
    world.watcher->send({{"n", 1}});
    world.watcher->finish({{"n", 2}});
  }
  world.settle();
  caller.join();
  CHECK(done);
  CHECK(echoed == R"({"x":"y"})");
  CHECK(length == (1U << 20U));
  CHECK(error == "org.example.test.No: because");
  CHECK(streamed == std::vector{1, 2});
}

TEST_CASE("a client gives up at its deadline and names the method") {
  Pair pair;
  VarlinkClient client(std::move(pair.ours));
  CHECK_THROWS_WITH(client.call("a.B", Json::object(), milliseconds(1)), Catch::Matchers::Contains("a.B"));
  CHECK_THROWS_AS(client.call("a.B", Json::object(), milliseconds(1)), Error);
}

TEST_CASE("nobody listening is an error with the path") {
  CHECK_THROWS_AS(VarlinkClient::connect("/nonexistent/socket"), SystemError);
  CHECK_THROWS_AS(VarlinkClient::connect("/" + std::string(200, 'x')), SystemError);
}
