// Our sops files against the sops program, both ways.
#include "secrets/identity/identity_file.hpp"
#include "secrets/sops/compare.hpp"
#include "secrets/sops/printer.hpp"
#include "secrets/sops/rekey.hpp"
#include "secrets/sops/sops_file.hpp"
#include "src/base/fd.hpp"
#include "tests/secrets/fixtures.hpp"
#include "tests/secrets/program_check.hpp"
#include "tests/secrets/random_tree.hpp"
#include "tests/support/temporary_directory.hpp"

#include <chrono>
#include <cstdio>
#include <string>

namespace hwcsync::secrets::test {
namespace {

// A tree with a thousand random values goes through one process: so a few processes a store are enough.
constexpr int kTrees = 3;
constexpr std::size_t kValues = 340;

struct Setting {
  std::string directory;
  std::string key;
  std::vector<Identity> identities;
  std::vector<Recipient> recipients;
  std::map<std::string, std::string> environment;
};

std::string json_of(SopsStore store, const std::vector<SopsNode>& documents) {
  if (store == SopsStore::binary) return reveal(print_plain(store, documents));
  std::string out;
  for (const SopsNode& document : documents) out += reveal(print_compact_json(document)) + "\n";
  return out;
}

void check_store(const Setting& setting, SopsStore store, const std::string& name, unsigned seed) {
  const std::string extension = name == "dotenv" ? "env" : name;
  const auto documents = random_documents(store, seed, kValues);
  const std::string expected = json_of(store, documents);
  const std::string plain = setting.directory + "/plain." + extension;
  write_file(plain, reveal(print_plain(store, documents)));

  const std::string theirs = run({"sops", "encrypt", "--age", to_text(setting.recipients[0]), "--input-type",
                                  name, "--output-type", name, plain},
                                 setting.environment);
  const auto read = decrypt_sops(store, theirs, setting.identities);
  expect(json_of(store, read) == expected, "we read a " + name + " file that sops wrote");
  expect(detect_sops_store(theirs) == store, "we know a " + name + " file of sops");

  const std::string ours = setting.directory + "/ours." + extension;
  write_file(ours, encrypt_sops(store, read_plain(store, as_bytes(read_file(plain))), setting.recipients,
                                std::chrono::system_clock::now()));
  const std::string shown =
      run({"sops", "decrypt", "--input-type", name, "--output-type", name, ours}, setting.environment);
  expect(json_of(store, read_plain(store, as_bytes(shown))) == expected,
         "sops reads a " + name + " file that we wrote");

  const std::string before = read_file(ours);
  write_file(setting.directory + "/.sops.yaml",
             "creation_rules: [{ age: " + to_text(setting.recipients[0]) + " }]\n");
  static_cast<void>(run(
      {"sops", "--config", setting.directory + "/.sops.yaml", "updatekeys", "-y", "--input-type", name, ours},
      setting.environment));
  expect(before != read_file(ours), "sops updatekeys changes a file of ours");
  expect(fingerprint_sops(store, before) == fingerprint_sops(store, read_file(ours)),
         "the fingerprint stays over sops updatekeys of " + name);
  expect(compare_sops(store, before, read_file(ours), "") == Likeness::same,
         "nothing changed shows without a key after sops updatekeys of " + name);

  for (const DataKey data_key : {DataKey::kept, DataKey::renewed}) {
    write_file(ours, rekey_sops(store, theirs, setting.identities, setting.recipients, data_key,
                                std::chrono::system_clock::now()));
    const std::string again =
        run({"sops", "decrypt", "--input-type", name, "--output-type", name, ours}, setting.environment);
    expect(json_of(store, read_plain(store, as_bytes(again))) == expected,
           "sops reads a " + name + " file of its own that we rekeyed");
  }
}

int check() {
  for (const char* program : {"sops", "age-keygen"}) {
    if (!installed(program)) return 77;
  }
  const hwcsync::test::TemporaryDirectory directory;
  Setting setting;
  setting.directory = directory.path();
  setting.key = directory.path() + "/key.txt";
  static_cast<void>(run({"age-keygen", "-o", setting.key}));
  setting.identities = load_identities(setting.key);
  setting.recipients = {setting.identities[0].recipient(), generate_identity().recipient()};
  setting.environment = {{"SOPS_AGE_KEY_FILE", setting.key}, {"HOME", directory.path()}};
  for (unsigned seed = 1; seed <= kTrees; ++seed) {
    check_store(setting, SopsStore::yaml, "yaml", seed);
    check_store(setting, SopsStore::json, "json", seed);
    check_store(setting, SopsStore::dotenv, "dotenv", seed);
    check_store(setting, SopsStore::ini, "ini", seed);
    check_store(setting, SopsStore::binary, "binary", seed);
  }
  std::printf("%zu random values a store and direction\n", kTrees * kValues);
  return finish();
}

}  // namespace
}  // namespace hwcsync::secrets::test

int main() {
  return hwcsync::secrets::test::check();
}
