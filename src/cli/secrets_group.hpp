#pragma once

#include "secrets/service/client.hpp"
#include "src/cli/command.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <string>

// The sub-commands of `hwcsync secrets`: one file each, and the list in secrets_command.cpp.
namespace hwcsync::cli {

class SecretsGroup {
 public:
  SecretsGroup(CLI::App& app, Context& context)
      : app_(app), context_(context), chosen_(std::make_shared<std::function<int()>>()) {}

  // A sub-command whose options are `options`, and what runs it. `examples`: lines of "hwcsync ...".
  template <typename Options>
  CLI::App& add(const char* name, const char* summary, const char* examples, std::shared_ptr<Options> options,
                int (*body)(const Options&, Context&)) {
    CLI::App& sub = *app_.add_subcommand(name, summary);
    sub.fallthrough();
    sub.footer(std::string("Examples:\n") + examples);
    sub.final_callback([chosen = chosen_, options, &context = context_, body] {
      *chosen = [options, &context, body] { return body(*options, context); };
    });
    return sub;
  }
  [[nodiscard]] std::function<int()> chosen() const {
    return [chosen = chosen_] { return (*chosen)(); };
  }

 private:
  CLI::App& app_;
  Context& context_;
  std::shared_ptr<std::function<int()>> chosen_;
};

void add_secrets_ls(SecretsGroup& group);
void add_secrets_cat(SecretsGroup& group);
void add_secrets_check(SecretsGroup& group);
void add_secrets_mount(SecretsGroup& group);
void add_secrets_audit(SecretsGroup& group);
void add_secrets_decrypt(SecretsGroup& group);
void add_secrets_encrypt(SecretsGroup& group);
void add_secrets_rekey(SecretsGroup& group);

// This machine's secret service.
[[nodiscard]] secrets::SecretServiceClient connect_secrets(const Context& context);

}  // namespace hwcsync::cli
