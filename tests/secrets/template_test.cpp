#include "secrets/manifest/template.hpp"

#include "tests/support/catch.hpp"

#include <string>

namespace hwcsync::secrets {
namespace {

TemplatePart text(const std::string& words) {
  TemplatePart out;
  out.text = words;
  return out;
}

TemplatePart value(const std::string& name, std::vector<TemplateFilter> filters, int line, int column) {
  TemplatePart out;
  out.secret = name;
  out.filters = std::move(filters);
  out.line = line;
  out.column = column;
  return out;
}

std::string problems(const std::string& words) {
  std::string out;
  for (const Problem& problem : parse_template(words, "a.tmpl").problems)
    out += problem.where.to_string() + ": " + problem.message + '\n';
  return out;
}

TEST_CASE("placeholders are found with their places, and everything else is text") {
  const auto parsed =
      parse_template("a = \"$HOME ${X} $$\"\n  b = ${secret:db-password|json}\n${secret:a.B_1}$", "a.tmpl");
  CHECK(parsed.problems.empty());
  CHECK(parsed.parts == std::vector<TemplatePart>{text("a = \"$HOME ${X} $$\"\n  b = "),
                                                  value("db-password", {TemplateFilter::json}, 2, 7),
                                                  text("\n"), value("a.B_1", {}, 3, 1), text("$")});
  CHECK(parse_template("", "a.tmpl").parts.empty());
  CHECK(parse_template("${secret:a|trim|env}", "a.tmpl").parts ==
        std::vector<TemplatePart>{value("a", {TemplateFilter::trim, TemplateFilter::env}, 1, 1)});
}

TEST_CASE("the text of a placeholder itself is written with a second dollar") {
  CHECK(parse_template("x $${secret:a} y", "a.tmpl").parts ==
        std::vector<TemplatePart>{text("x ${secret:a} y")});
}

TEST_CASE("what is wrong in a template is told at its line and column") {
  CHECK(problems("a\n ${secret:x|jsn}") ==
        "a.tmpl:2:2: unknown filter 'jsn'; did you mean 'json'?; there are env, json and trim\n");
  CHECK(problems("${secret:x|json|trim}") ==
        "a.tmpl:1:1: the filter 'trim' cannot stand after another one but 'trim'\n");
  CHECK(problems("${secret:x|trim|trim}") != "");
  CHECK(problems("${secret:a b}\n${secret:}").find("a.tmpl:2:1: '' is no name of a secret") !=
        std::string::npos);
  CHECK(problems("x ${secret:a\n}") ==
        "a.tmpl:1:3: '${secret:' is not closed by '}'; write $${secret: if the text itself is meant\n");
  CHECK(problems("${secret:" + std::string(300, 'x') + "}") != "");
  CHECK(problems("a\xff") == "a.tmpl: the template is not UTF-8 text\n");
  CHECK(problems(std::string((1U << 20U) + 1, 'x')) == "a.tmpl: the template is longer than 1 MiB\n");
}

}  // namespace
}  // namespace hwcsync::secrets
