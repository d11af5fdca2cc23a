#include "gitops/history/deployed.hpp"

#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"
#include "src/base/json.hpp"

#include <filesystem>

namespace hwcsync::history {
namespace {

std::string path_of(const std::string& state_dir) {
  return state_dir + "/deployed.json";
}

}  // namespace

std::optional<Deployed> read_deployed(const std::string& state_dir) {
  const std::string path = path_of(state_dir);
  if (!std::filesystem::exists(path)) return std::nullopt;
  const Json value = parse_json(read_file(path), path);
  try {
    return Deployed{.host = value.at("host").get<std::string>(),
                    .revision = value.at("revision").get<std::string>(),
                    .generated = value.at("generated").get<std::string>(),
                    .store_path = value.at("store_path").get<std::string>(),
                    .secrets_generation = value.value("secrets_generation", ""),
                    .run = value.at("run").get<RunId>(),
                    .at = parse_time(value.at("at").get<std::string>())};
  } catch (const Json::exception& e) {
    throw Error(ErrorText{"cannot read", path, e.what(),
                          "the deployed ref in the mirror still tells; remove the file and apply again"});
  }
}

void write_deployed(const std::string& state_dir, const Deployed& deployed) {
  const OrderedJson value{{"version", 1},
                          {"host", deployed.host},
                          {"revision", deployed.revision},
                          {"generated", deployed.generated},
                          {"store_path", deployed.store_path},
                          {"secrets_generation", deployed.secrets_generation},
                          {"run", deployed.run},
                          {"at", format_time(deployed.at)}};
  AtomicFile out(path_of(state_dir), 0644);
  out.write(value.dump(2, ' ', false, OrderedJson::error_handler_t::replace));
  out.write("\n");
  out.commit();
}

}  // namespace hwcsync::history
