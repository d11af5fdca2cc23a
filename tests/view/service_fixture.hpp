#pragma once

#include "secrets/identity/identity.hpp"
#include "secrets/service/client.hpp"
#include "secrets/service/secretsd.hpp"
#include "tests/view/fuse_fixture.hpp"

#include <map>
#include <string>
#include <vector>

namespace hwcsync::test {

// A host for the service: directories, an identity, a user with a runtime directory. Plays the part of
// systemd: hears the notifications and keeps the descriptors.
class Host {
 public:
  Host();
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // For the next start.
  void use(secrets::Backend backend) { options_.backend = backend; }
  void watch_every(std::chrono::milliseconds pause) { options_.stuck_after = pause; }
  void share_users_of(const Host& other) { options_.user_runtime_root = other.options_.user_runtime_root; }
  // Starts `secretsd` in a process of its own and waits until it is ready. What is stored is handed over.
  void start();
  void kill(int signal);
  // As a reboot does: the descriptors are gone and so are the mounts.
  void lose_mounts();
  // As the death of the last holder does: the mounts stay and fail.
  void forget_descriptors() { stored_.clear(); }
  void record(const std::string& generation);
  void hang_up() const;
  void unbind() const;
  // Waits for the next notification that has this assignment; gives all of its text.
  std::string hear(const std::string& assignment);

  [[nodiscard]] secrets::SecretServiceClient client() const;
  [[nodiscard]] std::string path(const std::string& below) const { return place_.path(below); }
  [[nodiscard]] std::string view(const std::string& name) const;   // in the service's own place
  [[nodiscard]] std::string bound(const std::string& name) const;  // in the user's runtime directory
  [[nodiscard]] const secrets::SecretsdOptions& options() const { return options_; }

  // Whom ciphertexts of this host are for, and the private half of that key.
  [[nodiscard]] secrets::Recipient recipient() const { return identity_.recipient(); }
  [[nodiscard]] const secrets::SecureBuffer& secret_scalar() const {
    return std::get<secrets::X25519Identity>(identity_.key).scalar;
  }

  // One generation: raw files of the owner by path, encrypted to this host with age.
  [[nodiscard]] secrets::SecretBundle bundle(const std::map<std::string, std::string>& values) const;
  // The same, encrypted to somebody else.
  [[nodiscard]] static secrets::SecretBundle foreign_bundle(const std::map<std::string, std::string>& values);

 private:
  Place place_;
  secrets::SecretsdOptions options_;
  secrets::Identity identity_;
  Fd notify_;
  std::map<std::string, Fd> stored_;
  pid_t pid_ = -1;
};

// A generation that is staged, served and named by the running system; gives its id.
std::string deploy(Host& host, const std::map<std::string, std::string>& values);

Seen owner_reads(const std::string& path);

}  // namespace hwcsync::test
