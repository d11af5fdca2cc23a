#include "secrets/sops/dotenv.hpp"

#include "secrets/arena/secret_error.hpp"

#include <algorithm>
#include <utility>

namespace hwcsync::secrets {
namespace {

SecureBuffer unescape(Bytes text) {
  SecureBuffer out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool line_end = text[i] == '\\' && i + 1 < text.size() && text[i + 1] == 'n';
    out.append(line_end ? std::uint8_t{'\n'} : text[i]);
    if (line_end) ++i;
  }
  return out;
}

void append_escaped(SecureBuffer& out, Bytes value) {
  for (const std::uint8_t byte : value) byte == '\n' ? out.append(as_bytes("\\n")) : out.append(byte);
}

}  // namespace

SopsNode read_dotenv(Bytes text, std::string_view verb) {
  SopsNode out = SopsNode::map();
  int number = 0;
  while (!text.empty()) {
    ++number;
    const auto end = std::ranges::find(text, std::uint8_t{'\n'});
    const Bytes line(text.begin(), end);
    text = text.subspan(std::min(text.size(), line.size() + 1));
    if (line.empty()) continue;
    if (line.front() == '#') {
      // sops takes a comment as it stands, and would write what is unescaped here as a line of its own.
      out.items.push_back({{}, SopsNode::comment(SecureBuffer(line.subspan(1)))});
      continue;
    }
    const auto equals = std::ranges::find(line, std::uint8_t{'='});
    // The line itself may be plaintext: only its number is told.
    if (equals == line.end()) {
      throw SecretError(SecretFailure::malformed, ErrorText{std::string(verb), "a dotenv file", {}, {}},
                        "line " + std::to_string(number) + " has no '='");
    }
    out.items.push_back(
        {std::string(line.begin(), equals), SopsNode::scalar(unescape(Bytes(equals + 1, line.end())))});
  }
  return out;
}

SecureBuffer print_dotenv(const SopsNode& map) {
  SecureBuffer out;
  for (const SopsNode::Item& item : map.items) {
    if (item.node.is_comment()) {
      out.append('#');
    } else {
      out.append(as_bytes(item.key));
      out.append('=');
    }
    append_escaped(out, item.node.value.bytes());
    out.append('\n');
  }
  return out;
}

void check_dotenv_key(std::string_view key) {
  const char* why = nullptr;
  if (key.empty()) {
    why = "it is empty";
  } else if (key.find_first_of(std::string_view("=\n\0", 3)) != std::string_view::npos) {
    why = "it holds '=', a newline or a zero byte";
  } else if (key.starts_with('#')) {
    why = "it begins with '#'";
  } else if (key.starts_with("sops_")) {
    why = "names that begin with 'sops_' are sops' own (is the file encrypted already?)";
  }
  if (why == nullptr) return;
  throw SecretError(SecretFailure::malformed,
                    ErrorText{"cannot encrypt variable", "'" + std::string(key) + "'", {}, "rename it"}, why);
}

std::vector<DotenvEntry> dotenv_entries(const SopsNode& map) {
  std::vector<DotenvEntry> out;
  for (const SopsNode::Item& item : map.items) {
    if (!item.node.is_comment()) out.push_back({item.key, item.node.value.clone()});
  }
  return out;
}

}  // namespace hwcsync::secrets
