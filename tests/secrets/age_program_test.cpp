// Our age against the age program, both ways.
#include "secrets/age/age.hpp"
#include "secrets/identity/identity_file.hpp"
#include "src/base/fd.hpp"
#include "tests/secrets/fixtures.hpp"
#include "tests/secrets/program_check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <string>

namespace hwcsync::secrets::test {
namespace {

void check_key(const std::string& key, const std::string& recipient, const std::string& directory) {
  const auto identities = load_identities(key);
  const std::vector<Recipient> recipients{parse_recipient(recipient)};
  for (const std::size_t size : {0UL, 5UL, 65536UL, 70000UL}) {
    const std::string text(size, 'z');
    write_file(directory + "/plain", text);
    for (const auto encoding : {AgeEncoding::binary, AgeEncoding::armored}) {
      std::vector<std::string> argv{
          "age", "-r", recipient, "-o", directory + "/theirs.age", directory + "/plain"};
      if (encoding == AgeEncoding::armored) argv.insert(argv.begin() + 1, "-a");
      static_cast<void>(run(argv));
      const SecureBuffer read = decrypt_age(as_bytes(read_file(directory + "/theirs.age")), identities);
      expect(reveal(read) == text, "we read what age wrote for " + key);
      write_file(directory + "/ours.age", encrypt_age(as_bytes(text), recipients, encoding));
      expect(run({"age", "-d", "-i", key, directory + "/ours.age"}) == text,
             "age reads what we wrote for " + key);
    }
  }
}

int check() {
  for (const char* program : {"age", "age-keygen", "ssh-keygen"}) {
    if (!installed(program)) return 77;
  }
  const hwcsync::test::TemporaryDirectory directory;
  const std::string age_key = directory.path() + "/age.txt";
  const std::string ssh_key = directory.path() + "/id";
  static_cast<void>(run({"age-keygen", "-o", age_key}));
  static_cast<void>(run({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "a comment", "-f", ssh_key}));
  std::string recipient = run({"age-keygen", "-y", age_key});
  recipient.pop_back();
  expect(to_text(load_identities(age_key)[0].recipient()) == recipient, "the recipient of an identity");
  check_key(age_key, recipient, directory.path());
  std::string public_key = read_file(ssh_key + ".pub");
  public_key.pop_back();
  check_key(ssh_key, public_key, directory.path());
  const auto fresh = generate_identity();
  write_file(directory.path() + "/new", reveal(identity_text(std::get<X25519Identity>(fresh.key))) + "\n");
  expect(run({"age-keygen", "-y", directory.path() + "/new"}) == to_text(fresh.recipient()) + "\n",
         "age-keygen reads an identity of ours");
  return finish();
}

}  // namespace
}  // namespace hwcsync::secrets::test

int main() {
  return hwcsync::secrets::test::check();
}
