// Writes the repository of `count` stacks below a directory: hwcsync_bench_repository COUNT DIRECTORY
#include "src/base/atomic_file.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "bench/stacks.hpp"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: hwcsync_bench_repository COUNT DIRECTORY\n", stderr);
    return 64;
  }
  for (const auto& [name, content] : hwcsync::bench::repository(std::strtoul(argv[1], nullptr, 10))) {
    const std::string path = std::string(argv[2]) + "/" + name;
    hwcsync::make_directories(path.substr(0, path.rfind('/')), 0755);
    std::ofstream(path, std::ios::binary) << content;
  }
}
