#pragma once

#include "src/base/error.hpp"
#include "src/base/json.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

// The Varlink wire format (varlink.org): JSON objects, each ended by one NUL byte, over a stream socket.
namespace hwcsync {

// The error that a call is answered with. `name` is a full one ("io.hwcsync.Secrets.UnknownGeneration").
class VarlinkError : public Error {
 public:
  // `parameters` is an object; its "reason", where there is one, becomes the message for people.
  VarlinkError(std::string name, Json parameters);
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const Json& parameters() const noexcept { return parameters_; }

 private:
  std::string name_;
  Json parameters_;
};

// A parameter is missing or has the wrong type: org.varlink.service.InvalidParameter.
[[nodiscard]] VarlinkError invalid_parameter(std::string_view parameter);

// Readers for a call's parameters; each throws invalid_parameter(key).
[[nodiscard]] std::string string_parameter(const Json& parameters, std::string_view key);
[[nodiscard]] std::uint64_t unsigned_parameter(const Json& parameters, std::string_view key,
                                               std::uint64_t maximum);

// One message as bytes, NUL included.
[[nodiscard]] std::string encode_message(const Json& message);

// Cuts a stream of bytes into messages. Holds at most `limit` bytes plus one read.
class MessageReader {
 public:
  explicit MessageReader(std::size_t limit) : limit_(limit) {}

  // Throws Error when a message is longer than the limit.
  void feed(std::string_view bytes);

  // The next whole message; throws Error when it is not a JSON object.
  [[nodiscard]] std::optional<Json> next();

  // Bytes of a message that has begun and not ended.
  [[nodiscard]] bool midway() const noexcept { return begin_ < buffer_.size(); }

 private:
  std::size_t limit_;
  std::string buffer_;
  std::size_t begin_ = 0;    // first byte not yet given out
  std::size_t scanned_ = 0;  // no NUL in [begin_, scanned_)
};

// "org.example.Interface.Method" cut at its last dot; empty interface when there is none.
struct MethodName {
  std::string interface;
  std::string method;
};
[[nodiscard]] MethodName split_method(std::string_view full);

}  // namespace hwcsync
