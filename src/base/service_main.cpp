#include "src/base/service_main.hpp"

#include "src/base/error.hpp"

#include <csignal>
#include <filesystem>
#include <iostream>
#include <vector>

namespace hwcsync {
namespace {

int failed(std::string_view program, const Error& error, int status) {
  std::cerr << program << ": " << error.what() << '\n';
  if (!error.text().hint.empty()) std::cerr << "  " << error.text().hint << '\n';
  return status;
}

int told_problems(std::string_view program, const ConfigError& error) {
  for (const Problem& problem : error.problems())
    std::cerr << program << ": " << problem.where.to_string() << ": " << problem.message << '\n';
  return 78;
}

int told_usage(std::ostream& to, std::string_view program, int status) {
  to << "usage: " << program << " [SETTINGS-FILE]\n";
  return status;
}

}  // namespace

int service_main(std::string_view program, int argc, char** argv,
                 const std::function<int(const std::string& settings_file)>& serve) noexcept {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const std::vector<std::string> words(argv, argv + argc);
    if (words.size() < 2) return serve("");
    const std::string& file = words[1];
    if (words.size() == 2 && file == "--help") return told_usage(std::cout, program, 0);
    if (words.size() > 2 || file.empty() || file.front() == '-') return told_usage(std::cerr, program, 64);
    return serve(std::filesystem::absolute(file));
  } catch (const ConfigError& error) {
    return told_problems(program, error);
  } catch (const BusyError& error) {
    return failed(program, error, 75);
  } catch (const Error& error) {
    return failed(program, error, 1);
  } catch (const std::exception& error) {
    std::cerr << program << ": internal error: " << error.what() << '\n';
    return 1;
  }
}

}  // namespace hwcsync
