#include "src/base/json.hpp"

#include "src/base/error.hpp"

namespace hwcsync {

std::string canonical_json(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json parse_json(std::string_view text, std::string_view what) {
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    throw Error("cannot read", what, "not JSON at byte " + std::to_string(error.byte));
  } catch (const Json::out_of_range&) {
    throw Error("cannot read", what, "a number in it is larger than JSON readers can hold");
  }
}

}  // namespace hwcsync
