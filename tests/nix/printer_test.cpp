#include "gitops/nix/printer.hpp"

#include "src/base/error.hpp"
#include "tests/support/catch.hpp"

using namespace hwcsync;
using nix::SetBuilder;
using nix::Value;

TEST_CASE("sets are expanded, empty ones and short lists stay on the line") {
  SetBuilder set;
  set.put("a.b", 1)
      .put("none", Value::Set{})
      .put("one", nix::strings({"x"}))
      .put("two", nix::strings({"x", "y"}));
  set.user("$weird\"key", nullptr);
  CHECK(nix::print(set.take()) ==
        "{\n  a.b = 1;\n  none = { };\n  one = [ \"x\" ];\n  two = [\n    \"x\"\n    \"y\"\n  ];\n"
        "  \"$weird\\\"key\" = null;\n}");
}

TEST_CASE("calls and negative numbers in lists stand in parentheses") {
  CHECK(nix::print(Value::List{{nix::force(1), -5, true}}) == "[\n  (lib.mkForce 1)\n  (-5)\n  true\n]");
}

TEST_CASE("a binding too long for the line goes below its name") {
  SetBuilder set;
  const std::string text(95, 'x');
  set.put("key", text);
  CHECK(nix::print(set.take()) == "{\n  key =\n    \"" + text + "\";\n}");
}

TEST_CASE("three arguments stand one below the other, two do not") {
  CHECK(nix::print(nix::Module{.formals = {"lib"}, .let = {}, .body = 1}) == "{ lib, ... }:\n\n1\n");
  CHECK(nix::print(nix::Module{.formals = {"config", "lib", "pkgs"}, .let = {{"a", 1}}, .body = 2}) ==
        "{\n  config,\n  lib,\n  pkgs,\n  ...\n}:\n\nlet\n  a = 1;\nin\n2\n");
}

TEST_CASE("a name bound twice is an error and not a file that Nix refuses") {
  SetBuilder set;
  set.put("a", 1).put("a", 2);
  CHECK_THROWS_AS(nix::print(set.take()), Error);
}

TEST_CASE("a hole means what it is filled with, and a dollar before it does not escape it") {
  const Value text = Value::String{{"cost$", Value::Hole{"toString cfg.port", "80"}, ":80"}};
  CHECK(nix::print(text) == "\"cost\\$${toString cfg.port}:80\"");
  CHECK(text.meaning() == Json("cost$80:80"));
}

TEST_CASE("the meaning of a set follows its paths") {
  SetBuilder set;
  set.put("a.b", 1).put("a.c", nix::force("x")).put("d", "e.f", "g", true);
  CHECK(Value(set.take()).meaning() == Json::parse(R"({"a":{"b":1,"c":"x"},"d":{"e.f":{"g":true}}})"));
}
