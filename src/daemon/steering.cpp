#include "src/daemon/steering.hpp"

#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "src/base/json.hpp"

#include <cerrno>
#include <cstdint>

namespace hwcsync::daemon {
namespace {

std::string file_of(const std::string& state_dir) {
  return state_dir + "/steering.json";
}

// Exactly the type that is expected, or an Error that names the key.
template <class T>
T take(const Json& value, const char* key, const std::string& path) {
  try {
    return value.at(key).get<T>();
  } catch (const Json::exception&) {
    throw Error(ErrorText{"cannot read", path, std::string("'") + key + "' is missing or has the wrong type",
                          "look at the file; to forget what it says: remove it"});
  }
}

}  // namespace

Steering read_steering(const std::string& state_dir) {
  const std::string path = file_of(state_dir);
  std::string text;
  try {
    text = read_file(path, 1U << 20U);
  } catch (const SystemError& error) {
    if (error.code() == ENOENT) return {};
    throw;
  }
  const Json value = parse_json(text, path);
  if (!value.is_object()) throw Error("cannot read", path, "it is not a JSON object");
  Steering out;
  if (value.contains("suspended") && !value["suspended"].is_null()) {
    const Json& suspended = value["suspended"];
    out.suspended = Suspension{.reason = take<std::string>(suspended, "reason", path),
                               .who = take<std::string>(suspended, "who", path),
                               .since = parse_time(take<std::string>(suspended, "since", path))};
  }
  if (value.contains("retry")) out.retry = take<std::string>(value, "retry", path);
  if (value.contains("accepted_rewrite"))
    out.accepted_rewrite = take<std::string>(value, "accepted_rewrite", path);
  return out;
}

void write_steering(const std::string& state_dir, const Steering& steering) {
  Json value{{"version", 1},
             {"suspended", nullptr},
             {"retry", steering.retry},
             {"accepted_rewrite", steering.accepted_rewrite}};
  if (steering.suspended) {
    value["suspended"] = {{"reason", steering.suspended->reason},
                          {"who", steering.suspended->who},
                          {"since", format_time(steering.suspended->since)}};
  }
  AtomicFile file(file_of(state_dir), 0644);
  file.write(value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  file.commit();
}

}  // namespace hwcsync::daemon
