#include "tests/view/service_fixture.hpp"

#include "secrets/age/age.hpp"
#include "secrets/view/mount_table.hpp"
#include "src/base/hash.hpp"

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hwcsync::test {
namespace {

secrets::SecretBundle make_bundle(const std::map<std::string, std::string>& values,
                                  const secrets::Recipient& recipient) {
  secrets::SecretBundle out;
  secrets::Manifest manifest{.host = "server"};
  for (const auto& [path, value] : values) {
    std::string sealed = secrets::encrypt_age(secrets::as_bytes(value), std::span(&recipient, 1),
                                              secrets::AgeEncoding::binary);
    const std::string id = git_blob_id(sealed);
    const auto slash = path.find('/');
    manifest.files.push_back(
        {.path = path,
         .stack = path.substr(0, slash),
         .name = path.substr(slash + 1),
         .consumers = {"app-stack.service"},
         .uid = kOwner,
         .gid = kOwner,
         .source = {.path = "stacks/" + path + ".age", .id = id, .format = secrets::SourceFormat::age}});
    out.ciphertexts.emplace(id, std::move(sealed));
  }
  out.manifest = secrets::serialise(manifest);
  return out;
}

// systemd hands descriptors over from number 3 on, named in the environment.
void hand_over(std::map<std::string, Fd>& stored) {
  std::string names;
  std::vector<int> high;
  for (const auto& [name, fd] : stored) {
    high.push_back(::fcntl(fd.get(), F_DUPFD, 500));
    names += (names.empty() ? "" : ":") + name;
  }
  for (std::size_t i = 0; i < high.size(); ++i) ::dup2(high[i], static_cast<int>(i) + 3);
  for (const int fd : high) ::close(fd);
  ::setenv("LISTEN_FDS", std::to_string(high.size()).c_str(), 1);
  ::setenv("LISTEN_FDNAMES", names.c_str(), 1);
  ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
}

}  // namespace

Host::Host() : identity_(secrets::generate_identity()) {
  options_ = {.identities = {place_.path("key")},
              .runtime_dir = place_.path("run"),
              .state_dir = place_.path("state"),
              .socket = place_.path("run/secrets"),
              .generation_file = place_.path("generation"),
              .user_runtime_root = place_.path("users")};
  const secrets::SecureBuffer text = secrets::identity_text(std::get<secrets::X25519Identity>(identity_.key));
  const Fd key = open_file(place_.path("key"), O_WRONLY | O_CREAT, 0600);
  if (::write(key.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error("no key");
  std::filesystem::create_directories(place_.path("users/" + std::to_string(kOwner)));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = place_.path("notify");
  std::memcpy(address.sun_path, path.c_str(), path.size());
  notify_ = Fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const timeval patience{20, 0};
  ::setsockopt(notify_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::bind(notify_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("bind");
}

Host::~Host() {
  kill(SIGKILL);
}

void Host::start() {
  pid_ = ::fork();
  if (pid_ == 0) {
    ::setenv("NOTIFY_SOCKET", place_.path("notify").c_str(), 1);
    ::umask(0077);  // as the unit has it
    if (!stored_.empty()) hand_over(stored_);
    int code = 1;
    try {
      code = secrets::run_secretsd(options_);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "secretsd: %s\n", error.what());
    }
    ::_exit(code);
  }
  hear("READY=1");
}

std::string Host::hear(const std::string& assignment) {
  for (;;) {
    std::array<char, 4096> block;
    alignas(cmsghdr) std::array<char, 256> control{};
    iovec part{block.data(), block.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t count = ::recvmsg(notify_.get(), &message, MSG_CMSG_CLOEXEC);
    if (count < 0) throw std::runtime_error("the service did not say " + assignment);
    const std::string text(block.data(), static_cast<std::size_t>(count));
    const auto name = text.find("FDNAME=");
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
      int fd = -1;
      if (header->cmsg_type != SCM_RIGHTS) continue;
      std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
      stored_[text.substr(name + 7)] = Fd(fd);
    }
    if (text.find("FDSTOREREMOVE=1") != std::string::npos) stored_.erase(text.substr(name + 7));
    if (text.find(assignment) != std::string::npos) return text;
  }
}

void Host::kill(int signal) {
  if (pid_ <= 0) return;
  ::kill(pid_, signal);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
  // What it said before it died is still to be heard.
  std::array<char, 1> peek{};
  while (::recv(notify_.get(), peek.data(), 1, MSG_PEEK | MSG_DONTWAIT) > 0) hear("");
}

void Host::lose_mounts() {
  stored_.clear();
  secrets::detach_views_below(place_.root());
}

void Host::hang_up() const {
  ::kill(pid_, SIGHUP);
}

void Host::unbind() const {
  secrets::detach_mount(options_.user_runtime_root + '/' + std::to_string(kOwner) + "/secrets");
}

void Host::record(const std::string& generation) {
  std::ofstream(options_.generation_file) << generation << '\n';
}

secrets::SecretServiceClient Host::client() const {
  return secrets::SecretServiceClient(options_.socket, std::chrono::seconds(20));
}

std::string Host::view(const std::string& name) const {
  return options_.runtime_dir + "/view/" + std::to_string(kOwner) + '/' + name;
}

std::string Host::bound(const std::string& name) const {
  return options_.user_runtime_root + '/' + std::to_string(kOwner) + "/secrets/" + name;
}

secrets::SecretBundle Host::bundle(const std::map<std::string, std::string>& values) const {
  return make_bundle(values, identity_.recipient());
}

secrets::SecretBundle Host::foreign_bundle(const std::map<std::string, std::string>& values) {
  return make_bundle(values, secrets::generate_identity().recipient());
}

std::string deploy(Host& host, const std::map<std::string, std::string>& values) {
  auto service = host.client();
  const std::string generation = service.stage(host.bundle(values)).generation;
  service.flip(generation);
  host.record(generation);
  service.reload();  // as a run does when it is over
  return generation;
}

Seen owner_reads(const std::string& path) {
  return as_user(kOwner, kOwner, [&] { return read_path(path); });
}

}  // namespace hwcsync::test
