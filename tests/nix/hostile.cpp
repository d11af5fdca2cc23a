#include "tests/nix/hostile.hpp"

#include <vector>

namespace hwcsync::test {

std::string HostileText::operator()(const std::string& without) {
  static const std::vector<std::string> kPieces{"$",
                                                "{",
                                                "}",
                                                "${",
                                                "''",
                                                "'",
                                                "\"",
                                                "\\",
                                                "\n",
                                                "\r",
                                                "\t",
                                                "#",
                                                "/*",
                                                "*/",
                                                "$$",
                                                " ",
                                                "%",
                                                "%%",
                                                "%n",
                                                "=",
                                                ":",
                                                ",",
                                                ";",
                                                "`id`",
                                                "$(id)",
                                                "\xc3\xa9",
                                                "\xf0\x9f\x93\xb7",
                                                "\x01",
                                                "\x1b",
                                                "\x7f",
                                                "\xc2\x85",
                                                "\xe2\x80\xa8",
                                                "x",
                                                "builtins.abort \"\"",
                                                "\\n",
                                                "\\",
                                                "-",
                                                "--",
                                                "[",
                                                "]",
                                                "!",
                                                "*",
                                                "?",
                                                "~",
                                                "|",
                                                "&",
                                                "<",
                                                ">",
                                                "@"};
  for (;;) {
    std::string out;
    for (auto count = 1 + random_() % 10; count > 0; --count) out += kPieces[random_() % kPieces.size()];
    if (out.find_first_of(without) == std::string::npos) return out;
  }
}

}  // namespace hwcsync::test
