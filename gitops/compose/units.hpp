#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The words in which Compose writes durations, sizes and modes of files.
namespace hwcsync::compose {

// "1h5m30s20ms", also with us, d and w and with fractions; a unit is required. Nothing for anything else.
[[nodiscard]] std::optional<std::int64_t> duration_microseconds(std::string_view text);

// The same text where Go's parser takes it, which knows no days and weeks; else in seconds or a smaller unit.
[[nodiscard]] std::string go_duration(const std::string& text);

// "512m", "1.5 GB", "2gib", "1024", "-1" in bytes, by powers of two (docker/go-units: RAMInBytes).
[[nodiscard]] std::optional<std::int64_t> size_bytes(std::string_view text);

// Four octal digits for 0 to 07777: "0440".
[[nodiscard]] std::string octal(std::int64_t mode);

}  // namespace hwcsync::compose
