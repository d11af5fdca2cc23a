#include "src/base/service_main.hpp"

#include "src/base/error.hpp"

#include <csignal>
#include <iostream>

namespace hwcsync {
namespace {

int failed(std::string_view program, const Error& error, int status) {
  std::cerr << program << ": " << error.what() << '\n';
  if (!error.text().hint.empty()) std::cerr << "  " << error.text().hint << '\n';
  return status;
}

}  // namespace

int service_main(std::string_view program, const std::function<int()>& serve) noexcept {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return serve();
  } catch (const ConfigError& error) {
    return failed(program, error, 78);
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
