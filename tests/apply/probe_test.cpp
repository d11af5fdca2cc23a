#include "gitops/apply/network_prober.hpp"
#include "src/base/fd.hpp"
#include "tests/support/catch.hpp"

#include <atomic>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace hwcsync::apply {
namespace {

using Catch::Matchers::Contains;

// Answers every connection on a loopback port with the same words.
class Answerer {
 public:
  explicit Answerer(std::string words) : words_(std::move(words)) {
    listener_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    ::listen(listener_.get(), 8);
    socklen_t size = sizeof(address);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    place = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  ~Answerer() {
    over_ = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  std::string place;

 private:
  void serve() {
    while (!over_) {
      const Fd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!peer.valid()) continue;
      char buffer[4096];
      if (::read(peer.get(), buffer, sizeof(buffer)) > 0)
        (void)!::write(peer.get(), words_.data(), words_.size());
    }
  }
  std::string words_;
  Fd listener_;
  std::atomic<bool> over_{false};
  std::thread thread_;
};

NetworkProber prober(ProcessRunner& runner) {
  return {runner, git::FetchOptions{}, "main", std::chrono::seconds(2)};
}

TEST_CASE("an HTTP probe takes any answer below 400") {
  SystemProcessRunner runner;
  auto probes = prober(runner);
  {
    const Answerer well("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    CHECK_FALSE(
        probes.probe({.http = "http://" + well.place + "/ping", .tcp = {}, .command = {}}).has_value());
  }
  const Answerer ill("HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  const auto answer = probes.probe({.http = "http://" + ill.place, .tcp = {}, .command = {}});
  REQUIRE(answer.has_value());
  CHECK_THAT(answer->what, Contains("503"));
  CHECK(probes.probe({.http = "https://127.0.0.1/", .tcp = {}, .command = {}}).has_value());
}

TEST_CASE("a TCP probe takes a connection") {
  SystemProcessRunner runner;
  auto probes = prober(runner);
  std::string place;
  {
    const Answerer there("x");
    place = there.place;
    CHECK_FALSE(probes.probe({.http = {}, .tcp = place, .command = {}}).has_value());
  }
  const auto answer = probes.probe({.http = {}, .tcp = place, .command = {}});
  REQUIRE(answer.has_value());
  CHECK_THAT(answer->what, Contains("refused"));
  CHECK(probes.probe({.http = {}, .tcp = "nonsense", .command = {}}).has_value());
}

TEST_CASE("a command probe takes exit status 0") {
  SystemProcessRunner runner;
  auto probes = prober(runner);
  CHECK_FALSE(probes.probe({.http = {}, .tcp = {}, .command = {"true"}}).has_value());
  CHECK(probes.probe({.http = {}, .tcp = {}, .command = {"false"}})->what == "exit status 1");
  CHECK(probes.probe({.http = {}, .tcp = {}, .command = {"/does/not/exist"}}).has_value());
}

TEST_CASE("what a probing command says is evidence, never part of the reason") {
  SystemProcessRunner runner;
  auto probes = prober(runner);
  const auto answer = probes.probe({.command = {"ls", "/no-such/hunter2"}});
  REQUIRE(answer.has_value());
  CHECK(answer->what == "exit status 2");
  REQUIRE(answer->output.size() == 1);
  CHECK_THAT(answer->output.front(), Contains("hunter2"));
}

TEST_CASE("without a remote there is nothing to reach") {
  SystemProcessRunner runner;
  CHECK_FALSE(prober(runner).reach_remote().has_value());
}

}  // namespace
}  // namespace hwcsync::apply
