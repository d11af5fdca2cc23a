// Our sops files against the sops program, both ways.
#include "secrets/identity/identity_file.hpp"
#include "secrets/sops/binary.hpp"
#include "secrets/sops/dotenv.hpp"
#include "src/base/fd.hpp"
#include "tests/secrets/fixtures.hpp"
#include "tests/secrets/program_check.hpp"
#include "tests/support/temporary_directory.hpp"

#include <chrono>
#include <string>

namespace hwcsync::secrets::test {
namespace {

int check() {
  for (const char* program : {"sops", "age-keygen"}) {
    if (!installed(program)) return 77;
  }
  const hwcsync::test::TemporaryDirectory directory;
  const std::string key = directory.path() + "/key.txt";
  static_cast<void>(run({"age-keygen", "-o", key}));
  const auto identities = load_identities(key);
  const std::vector<Recipient> recipients{identities[0].recipient(), generate_identity().recipient()};
  const std::map<std::string, std::string> environment{{"SOPS_AGE_KEY_FILE", key},
                                                       {"HOME", directory.path()}};
  const auto now = std::chrono::system_clock::now();

  const std::string plain = "A=one\nB=\nC=two\\nlines\nD=\"q\" 'x' $y #z\nE_unencrypted=clear\nA=again\n";
  const std::string theirs = directory.path() + "/theirs.env";
  const std::string ours = directory.path() + "/ours.env";
  write_file(directory.path() + "/plain.env", plain);
  write_file(theirs,
             run({"sops", "encrypt", "--age", to_text(recipients[0]), directory.path() + "/plain.env"},
                 environment));
  const DotenvDocument document = decrypt_sops_dotenv(read_file(theirs), identities);
  expect(reveal(print_dotenv(document)) == plain, "we read a dotenv file that sops wrote");
  write_file(ours, encrypt_sops_dotenv(document.entries, recipients, now));
  expect(run({"sops", "decrypt", ours}, environment) == plain, "sops reads a dotenv file that we wrote");

  const std::string before = read_file(ours);
  write_file(directory.path() + "/.sops.yaml", "creation_rules: [{ age: " + to_text(recipients[0]) + " }]\n");
  static_cast<void>(
      run({"sops", "--config", directory.path() + "/.sops.yaml", "updatekeys", "-y", ours}, environment));
  expect(before != read_file(ours), "sops updatekeys changes a file of ours");
  expect(fingerprint_sops_dotenv(before) == fingerprint_sops_dotenv(read_file(ours)),
         "the fingerprint stays over sops updatekeys");

  const std::string blob("a \0 blob\n", 9);
  write_file(directory.path() + "/ours.json", encrypt_sops_binary(as_bytes(blob), recipients, now));
  expect(run({"sops", "decrypt", "--input-type", "binary", "--output-type", "binary",
              directory.path() + "/ours.json"},
             environment) == blob,
         "sops reads a binary file that we wrote");
  return finish();
}

}  // namespace
}  // namespace hwcsync::secrets::test

int main() {
  return hwcsync::secrets::test::check();
}
