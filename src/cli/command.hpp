#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace hwcsync::cli {

// What every command gets: where to write, and the options that all share.
struct Context {
  std::ostream& out;
  std::ostream& err;
  std::string config;     // --config: the host's configuration file
  std::string repo;       // --repo
  std::string host;       // --host
  bool json = false;      // --json: `out` takes one document, which begins with '{'
  bool answered = false;  // that document went to stdout past `out`, as plaintext does
};

// One row of the table of commands. `declare` adds the command's own options and gives back what runs it.
struct Command {
  std::string name;
  std::string summary;   // one line, as `hwcsync help` shows it
  std::string examples;  // lines of "hwcsync ..."
  std::function<std::function<int()>(CLI::App& app, Context& context)> declare;
  bool hidden = false;  // started by hwcsync itself, not by people
};

// All commands, in the order of the help text.
[[nodiscard]] const std::vector<Command>& commands();

}  // namespace hwcsync::cli
