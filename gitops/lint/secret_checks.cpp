#include "gitops/lint/secret_inventory.hpp"
#include "secrets/arena/secret_error.hpp"
#include "secrets/sops/tree_cipher.hpp"
#include "secrets/vault/readers.hpp"
#include "secrets/vault/source.hpp"
#include "src/base/text.hpp"

#include <algorithm>
#include <tuple>

// What a secret inventory shows without any key.
namespace hwcsync::lint {
namespace {

using secrets::CanRead;

class Checker {
 public:
  explicit Checker(const SecretInventory& inventory) : inventory_(inventory) {}

  std::vector<Finding> run() {
    out_ = inventory_.findings;
    for (const auto& [path, file] : inventory_.files) {
      if (file.used_by.empty()) {
        add(path, "secret-file-unused", stack::Severity::warn, "no stack uses this encrypted file",
            "name it under 'secrets' in a stack.yaml, or remove it");
      }
      try {
        check_readers(path, file);
        if (const auto store = secrets::store_of(file.format)) check_sops(path, *store, file);
      } catch (const secrets::SecretError& error) {
        add(path, "secret-broken", stack::Severity::error, "the file cannot be read: " + error.text().reason,
            "restore it from a good commit");
      }
    }
    const auto order = [](const Finding& finding) {
      return std::tie(finding.where.file, finding.where.line, finding.where.column, finding.rule,
                      finding.message);
    };
    std::sort(out_.begin(), out_.end(),
              [&](const Finding& a, const Finding& b) { return order(a) < order(b); });
    return std::move(out_);
  }

 private:
  void add(const std::string& path, const char* rule, stack::Severity severity, std::string message,
           std::string fix) {
    out_.push_back({rule, severity, {path, 0, 0}, {}, {}, std::move(message), std::move(fix)});
  }

  void check_readers(const std::string& path, const SecretSourceFile& file) {
    const secrets::Readers readers(file.format, file.content);
    for (const std::string& host : file.hosts) {
      const auto& recipients = inventory_.config.hosts.at(host).recipients;
      for (std::size_t i = 0; i < recipients.size(); ++i)
        check_reader(path, readers, host, recipients[i],
                     "hosts." + host + ".recipients." + std::to_string(i));
    }
  }

  void check_reader(const std::string& path, const secrets::Readers& readers, const std::string& host,
                    const std::string& text, const std::string& key) {
    std::optional<secrets::Recipient> recipient;
    try {
      recipient = secrets::parse_recipient(text);
    } catch (const secrets::SecretError& error) {
      out_.push_back({"recipient-invalid",
                      stack::Severity::error,
                      inventory_.config.place(key),
                      {},
                      {},
                      "a recipient of the host '" + host + "' cannot be used: " + error.text().reason,
                      error.text().hint});
      return;
    }
    if (readers.can_read(*recipient) != CanRead::no) return;
    add(path, "recipient-missing", stack::Severity::error,
        "the host '" + host + "' needs this file, and its recipient " + secrets::to_short_text(*recipient) +
            " cannot decrypt it" +
            (readers.names().empty() ? "" : "; it is for " + join(readers.names(), ", ")),
        "hwcsync secrets rekey " + path);
  }

  void check_sops(const std::string& path, secrets::SopsStore store, const SecretSourceFile& file) {
    secrets::EncryptedFile read = secrets::read_sops(store, file.content);
    if (read.metadata.mac.empty()) {
      add(path, "secret-without-mac", stack::Severity::error,
          "the file has no MAC: nobody can tell whether its values belong together",
          "look at its values, then encrypt them again");
    }
    if (const auto twin = secrets::find_twin(store, read.documents)) {
      add(path, "secret-broken", stack::Severity::error,
          "the file cannot be read: the key '" + *twin +
              "' stands twice in one mapping, and nobody can tell which of them is meant",
          "keep one of them: sops edit " + path);
    }
    const auto clear = secrets::find_clear_values(std::move(read.documents), read.metadata);
    if (clear.empty()) return;
    add(path, "secret-plaintext", stack::Severity::error,
        "values stand here in clear although the rules of the file say that they are encrypted: " +
            join(std::span(clear).first(std::min<std::size_t>(clear.size(), 5)), ", ") +
            (clear.size() > 5 ? " and " + std::to_string(clear.size() - 5) + " more" : ""),
        "encrypt the file again, and change these values: they are in the history");
  }

  const SecretInventory& inventory_;
  std::vector<Finding> out_;
};

}  // namespace

std::vector<Finding> check_secrets(const SecretInventory& inventory) {
  return Checker(inventory).run();
}

}  // namespace hwcsync::lint
