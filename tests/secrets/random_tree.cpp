#include "tests/secrets/random_tree.hpp"

#include "secrets/sops/scalar.hpp"

#include <array>
#include <random>
#include <string>
#include <utility>

namespace hwcsync::secrets::test {
namespace {

class Maker {
 public:
  Maker(SopsStore store, unsigned seed, std::size_t values) : store_(store), random_(seed), left_(values) {}

  std::vector<SopsNode> run() {
    std::vector<SopsNode> out;
    if (store_ == SopsStore::binary) {
      SopsNode document = SopsNode::map();
      std::string bytes;
      for (std::size_t i = 0; i < left_ * 16; ++i) bytes += static_cast<char>(pick(256));
      document.items.push_back({"data", SopsNode::scalar(bytes)});
      out.push_back(std::move(document));
      return out;
    }
    const std::size_t documents = store_ == SopsStore::yaml ? 1 + pick(3) : 1;
    const std::size_t each = left_ / documents;
    for (std::size_t i = 0; i < documents; ++i) {
      left_ = each;
      out.push_back(store_ == SopsStore::ini ? sections() : map(0));
    }
    return out;
  }

 private:
  std::size_t pick(std::size_t count) { return random_() % count; }
  bool nested() const { return store_ == SopsStore::yaml || store_ == SopsStore::json; }

  std::string key() { return "key" + std::to_string(number_++) + (pick(10) == 0 ? "_unencrypted" : ""); }

  SopsNode map(int depth) {
    SopsNode out = SopsNode::map();
    for (std::size_t size = depth == 0 ? left_ : pick(8); size > 0 && left_ > 0; --size) {
      std::string name = key();
      out.items.push_back({std::move(name), node(depth + 1)});
    }
    return out;
  }

  SopsNode list(int depth) {
    SopsNode out = SopsNode::list();
    for (std::size_t size = pick(6); size > 0 && left_ > 0; --size)
      out.items.push_back({{}, node(depth + 1)});
    return out;
  }

  // As the INI reader gives it: DEFAULT comes first even when it is empty.
  SopsNode sections() {
    SopsNode out = SopsNode::map();
    out.items.push_back({"DEFAULT", SopsNode::map()});
    while (left_ > 0) {
      SopsNode section = SopsNode::map();
      for (std::size_t size = 1 + pick(20); size > 0 && left_ > 0; --size) {
        std::string name = key();
        --left_;
        section.items.push_back({std::move(name), SopsNode::scalar(text())});
      }
      out.items.push_back({"section" + std::to_string(number_++), std::move(section)});
    }
    return out;
  }

  SopsNode node(int depth) {
    if (nested() && depth < 6 && pick(5) == 0) return pick(2) == 0 ? map(depth) : list(depth);
    --left_;
    if (nested() && pick(3) == 0) return typed();
    return SopsNode::scalar(text());
  }

  // Not -0.0: sops writes it in clear as -0, reads that as an int, and no longer verifies its own file.
  SopsNode typed() {
    static constexpr std::array<const char*, 12> kYaml{
        "0",     "-17",  "9223372036854775807", "1.5",   "1e23",      "5e-324", "true",
        "false", "null", "2024-01-01",          "-2.25", "123456.789"};
    const std::string text = kYaml[pick(kYaml.size())];
    // JSON has no times; there the same letters are a text.
    if (store_ == SopsStore::json && text.starts_with("2024")) return SopsNode::scalar(text);
    return std::move(*resolve_plain(as_bytes(text)));
  }

  std::string text() {
    static constexpr std::array<std::string_view, 34> kPieces{
        "a",    "B",  "7",    " ", "  ", "\"", "'", "#", " #", ":", ": ", "- ", "\\", "$", "{",   "}", "[",
        "word", "no", "true", "~", "é",  "世", "😀", "&", "*",  "!", "%",  "@",  ",",  "=", "ENC", "|", "\t"};
    std::string out;
    for (std::size_t size = pick(12); size > 0; --size) out += kPieces[pick(kPieces.size())];
    if (store_ == SopsStore::dotenv || nested()) {
      // With a letter first: in a list of lists yaml.v3 writes other texts so that not even sops reads them
      // again.
      if (pick(4) == 0) out = "a" + out + "\nline\n  more";
    }
    // A backslash before an n is a line break in a dotenv file, whatever was meant; INI cannot keep every
    // quote.
    if (store_ == SopsStore::dotenv) std::erase(out, '\\');
    if (store_ == SopsStore::ini)
      std::erase_if(out, [](char c) { return c == '"' || c == '\'' || c == '\\' || c == '`'; });
    return out;
  }

  SopsStore store_;
  std::mt19937 random_;
  std::size_t left_;
  std::size_t number_ = 0;
};

}  // namespace

std::vector<SopsNode> random_documents(SopsStore store, unsigned seed, std::size_t values) {
  return Maker(store, seed, values).run();
}

}  // namespace hwcsync::secrets::test
