#pragma once

#include "secrets/manifest/manifest.hpp"

#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace hwcsync::cli {

// --format of an encrypted file that is read: age, yaml, json, dotenv, ini or binary. `to` stays empty where
// it is not given.
void add_format_option(CLI::App& app, std::string& to);

// What `named` says, else what the bytes look like. `doing`, for the error: "cannot decrypt".
[[nodiscard]] secrets::SourceFormat format_of_file(std::string_view text, const std::string& named,
                                                   const std::string& doing, const std::string& path);

}  // namespace hwcsync::cli
