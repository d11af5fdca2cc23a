// Our age against the age program, both ways, with every kind of key.
#include "secrets/age/age.hpp"
#include "secrets/identity/identity_file.hpp"
#include "src/base/fd.hpp"
#include "tests/secrets/fixtures.hpp"
#include "tests/secrets/program_check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <array>
#include <cstdio>
#include <random>
#include <string>

namespace hwcsync::secrets::test {
namespace {

// One process a trip is some 4 ms: so a few hundred with the program, and a thousand among ourselves.
constexpr int kProgramTrips = 60;
constexpr int kOwnTrips = 1000;

std::string random_text(std::mt19937& random) {
  static constexpr std::array<std::size_t, 8> kSizes{0, 1, 16, 65535, 65536, 65537, 131072, 200000};
  const std::size_t size = random() % 3 == 0 ? kSizes[random() % kSizes.size()] : random() % 300;
  std::string out(size, ' ');
  for (char& c : out) c = static_cast<char>(random());
  return out;
}

void check_key(const std::string& key, const std::string& recipient, const std::string& directory,
               int trips) {
  const auto identities = load_identities(key);
  const std::vector<Recipient> recipients{parse_recipient(recipient)};
  std::mt19937 random(7);
  for (int trip = 0; trip < trips; ++trip) {
    const std::string text = random_text(random);
    const auto encoding = trip % 2 == 0 ? AgeEncoding::binary : AgeEncoding::armored;
    write_file(directory + "/plain", text);
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

void check_ourselves(const std::vector<std::string>& keys) {
  std::vector<Identity> identities;
  std::vector<Recipient> recipients;
  for (const std::string& key : keys) {
    for (Identity& identity : load_identities(key)) {
      recipients.push_back(identity.recipient());
      identities.push_back(std::move(identity));
    }
  }
  std::mt19937 random(11);
  for (int trip = 0; trip < kOwnTrips; ++trip) {
    const std::string text = random_text(random);
    const std::size_t one = random() % recipients.size();
    const auto encoding = random() % 2 == 0 ? AgeEncoding::binary : AgeEncoding::armored;
    const std::string file = encrypt_age(as_bytes(text), std::span(&recipients[one], 1), encoding);
    expect(reveal(decrypt_age(as_bytes(file), identities)) == text, "we read what we wrote");
  }
}

std::string line(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

// Only an age of 1.3 or newer has them; an older one is told.
void check_post_quantum(const std::string& directory) {
  const std::string version = run({"age", "--version"});
  const bool knows = version.find("1.1") == std::string::npos && version.find("1.2") == std::string::npos;
  if (!knows) {
    std::printf("post-quantum keys: not run, age is %s", version.c_str());
    return;
  }
  const std::string key = directory + "/pq.txt";
  static_cast<void>(run({"age-keygen", "-pq", "-o", key}));
  const std::string recipient = line(run({"age-keygen", "-y", key}));
  check_key(key, recipient, directory, 3);
  const std::vector<Recipient> recipients{parse_recipient(recipient)};
  const std::string file = encrypt_age(as_bytes("x"), recipients, AgeEncoding::armored);
  try {
    static_cast<void>(decrypt_age(as_bytes(file), age_identity()));
    expect(false, "a post-quantum file does not open with another key");
  } catch (const SecretError& error) {
    expect(error.failure() == SecretFailure::unsupported, "a post-quantum file says what it is");
  }
}

int check() {
  for (const char* program : {"age", "age-keygen", "ssh-keygen"}) {
    if (!installed(program)) return 77;
  }
  const hwcsync::test::TemporaryDirectory directory;
  const std::string age_key = directory.path() + "/age.txt";
  static_cast<void>(run({"age-keygen", "-o", age_key}));
  const std::string recipient = line(run({"age-keygen", "-y", age_key}));
  expect(to_text(load_identities(age_key)[0].recipient()) == recipient, "the recipient of an identity");
  check_key(age_key, recipient, directory.path(), kProgramTrips);
  std::vector<std::string> keys{age_key};
  for (const char* type : {"ed25519", "rsa"}) {
    keys.push_back(directory.path() + "/" + type);
    static_cast<void>(run({"ssh-keygen", "-q", "-t", type, "-N", "", "-C", "a comment", "-f", keys.back()}));
    check_key(keys.back(), line(read_file(keys.back() + ".pub")), directory.path(), kProgramTrips);
  }
  check_ourselves(keys);
  const auto fresh = generate_identity();
  write_file(directory.path() + "/new", reveal(identity_text(std::get<X25519Identity>(fresh.key))) + "\n");
  expect(run({"age-keygen", "-y", directory.path() + "/new"}) == to_text(fresh.recipient()) + "\n",
         "age-keygen reads an identity of ours");
  check_post_quantum(directory.path());
  std::printf("%d trips a key and direction with the program, %d among ourselves\n", kProgramTrips,
              kOwnTrips);
  return finish();
}

}  // namespace
}  // namespace hwcsync::secrets::test

int main() {
  return hwcsync::secrets::test::check();
}
