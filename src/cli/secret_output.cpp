#include "src/cli/secret_output.hpp"

#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "src/base/text.hpp"

#include <algorithm>

#include <unistd.h>

namespace hwcsync::cli {
namespace {

bool is_text(secrets::Bytes bytes) {
  const bool plain = std::ranges::all_of(
      bytes, [](std::uint8_t c) { return (c >= 32 && c != 127) || c == '\n' || c == '\t' || c == '\r'; });
  return plain && is_valid_utf8({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace

void write_plaintext(secrets::Bytes bytes) {
  write_all(STDOUT_FILENO, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "standard output");
}

void refuse_binary_on_terminal(secrets::Bytes bytes, const std::string& name) {
  if (::isatty(STDOUT_FILENO) == 0 || is_text(bytes)) return;
  throw RefusedError({"cannot show", name, "it is binary, and standard output is a terminal",
                      "send it into a file or a pipe"});
}

}  // namespace hwcsync::cli
