#include "src/base/varlink.hpp"

#include <algorithm>
#include <utility>

namespace hwcsync {
namespace {

std::string reason_of(const Json& parameters) {
  for (const char* key : {"reason", "parameter", "method", "interface"}) {
    const auto found = parameters.find(key);
    if (found != parameters.end() && found->is_string()) return found->get<std::string>();
  }
  return {};
}

}  // namespace

VarlinkError::VarlinkError(std::string name, Json parameters)
    : Error("", name, reason_of(parameters)), name_(std::move(name)), parameters_(std::move(parameters)) {}

VarlinkError invalid_parameter(std::string_view parameter) {
  return {"org.varlink.service.InvalidParameter", Json{{"parameter", std::string(parameter)}}};
}

std::string string_parameter(const Json& parameters, std::string_view key) {
  const auto found = parameters.find(std::string(key));
  if (found == parameters.end() || !found->is_string()) throw invalid_parameter(key);
  return found->get<std::string>();
}

std::uint64_t unsigned_parameter(const Json& parameters, std::string_view key, std::uint64_t maximum) {
  const auto found = parameters.find(std::string(key));
  if (found == parameters.end() || !found->is_number_integer()) throw invalid_parameter(key);
  if (!found->is_number_unsigned() && found->get<std::int64_t>() < 0) throw invalid_parameter(key);
  const auto value = found->get<std::uint64_t>();
  if (value > maximum) throw invalid_parameter(key);
  return value;
}

std::string encode_message(const Json& message) {
  std::string out = canonical_json(message);
  out.push_back('\0');
  return out;
}

void MessageReader::feed(std::string_view bytes) {
  // What was given out is dropped here, once per read, instead of once per message.
  buffer_.erase(0, begin_);
  scanned_ -= begin_;
  begin_ = 0;
  buffer_.append(bytes);
  const std::size_t end = buffer_.find('\0', scanned_);
  if (std::min(end, buffer_.size()) > limit_) {
    throw Error("cannot read", "a varlink message", "it is longer than " + std::to_string(limit_) + " bytes");
  }
}

std::optional<Json> MessageReader::next() {
  const std::size_t end = buffer_.find('\0', std::max(scanned_, begin_));
  if (end == std::string::npos) {
    scanned_ = buffer_.size();
    // A large message leaves a large buffer: an idle connection gives it back.
    if (begin_ == buffer_.size()) {
      buffer_ = {};
      begin_ = 0;
      scanned_ = 0;
    }
    return std::nullopt;
  }
  const std::string_view text(buffer_.data() + begin_, end - begin_);
  if (text.size() > limit_) {
    throw Error("cannot read", "a varlink message", "it is longer than " + std::to_string(limit_) + " bytes");
  }
  Json message = parse_json(text, "a varlink message");
  begin_ = end + 1;
  scanned_ = begin_;
  if (!message.is_object()) throw Error("cannot read", "a varlink message", "it is not a JSON object");
  return message;
}

MethodName split_method(std::string_view full) {
  const auto dot = full.rfind('.');
  if (dot == std::string_view::npos) return {{}, std::string(full)};
  return {std::string(full.substr(0, dot)), std::string(full.substr(dot + 1))};
}

}  // namespace hwcsync
