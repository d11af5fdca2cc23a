#include "src/cli/secret_output.hpp"

#include "secrets/sops/node.hpp"
#include "secrets/sops/printer.hpp"
#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "src/base/text.hpp"
#include "src/cli/people.hpp"

#include <algorithm>

#include <unistd.h>

namespace hwcsync::cli {
namespace {

// A look at the bytes, no copy.
std::string_view text_of(secrets::Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_text(secrets::Bytes bytes) {
  const bool plain = std::ranges::all_of(
      bytes, [](std::uint8_t c) { return (c >= 32 && c != 127) || c == '\n' || c == '\t' || c == '\r'; });
  return plain && is_valid_utf8(text_of(bytes));
}

}  // namespace

void write_plaintext(secrets::Bytes bytes, const std::string& name, Context& context) {
  const auto put = [](std::string_view text) { write_all(STDOUT_FILENO, text, "standard output"); };
  if (!context.json) return put(text_of(bytes));
  if (!is_valid_utf8(text_of(bytes))) {
    throw RefusedError(
        {"cannot write as JSON", name, "it is no text in UTF-8", "without --json it is written as it is"});
  }
  const secrets::SecureBuffer quoted =
      secrets::print_compact_json(secrets::SopsNode::scalar(secrets::SecureBuffer(bytes)));
  context.answered = true;
  const std::string head = json_text({{"version", 1}, {"name", name}});
  put(head.substr(0, head.rfind('\n', head.size() - 2)) + ",\n  \"content\": ");
  put(text_of(quoted.bytes()));
  put("\n}\n");
}

void refuse_binary_on_terminal(secrets::Bytes bytes, const std::string& name) {
  if (::isatty(STDOUT_FILENO) == 0 || is_text(bytes)) return;
  throw RefusedError({"cannot show", name, "it is binary, and standard output is a terminal",
                      "send it into a file or a pipe"});
}

}  // namespace hwcsync::cli
