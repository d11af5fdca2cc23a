#include "tests/secrets/fixtures.hpp"

#include "secrets/identity/identity_file.hpp"
#include "src/base/fd.hpp"

#include <cstdlib>

namespace hwcsync::secrets::test {
namespace {

std::string path_of(const std::string& name) {
  const char* root = std::getenv("HWCSYNC_SOURCE_DIR");
  return std::string(root == nullptr ? "." : root) + "/tests/secrets/fixtures/" + name;
}

}  // namespace

std::string fixture(const std::string& name) {
  return read_file(path_of(name));
}

std::vector<Identity> age_identity() {
  return load_identities(path_of("key.txt"));
}

std::vector<Identity> ssh_identities() {
  return load_identities(path_of("id_ed25519"));
}

std::string reveal(const SecureBuffer& buffer) {
  return {reinterpret_cast<const char*>(buffer.data()), buffer.size()};
}

SecureBuffer conceal(std::string_view text) {
  return SecureBuffer(as_bytes(text));
}

}  // namespace hwcsync::secrets::test
