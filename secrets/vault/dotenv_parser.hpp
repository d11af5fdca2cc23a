#pragma once

#include "secrets/sops/dotenv.hpp"

#include <string>
#include <vector>

namespace hwcsync::secrets {

// Reads the dotenv grammar of Compose (compose-go) without its bytes ever leaving the arena: `export`, `KEY=`
// and `KEY:`, comments, bare values that end at " #", double quotes with escapes, single quotes with \' only,
// values over several lines, ${NAME} and $NAME of earlier lines in bare and double-quoted values, $$ for a
// dollar.
//
// Stricter than Compose where it would go on in silence: a variable without a value, a reference to a name
// that no earlier line sets, and text after a closing quote are errors. Throws SecretError (malformed) with
// the line number, never with text of the file. `subject` names the file.
[[nodiscard]] std::vector<DotenvEntry> parse_dotenv(Bytes text, const std::string& subject);

}  // namespace hwcsync::secrets
