#pragma once

#include <cstdlib>
#include <fstream>
#include <map>
#include <string>

namespace hwcsync::compose::test {

// Vectors of other projects, as data beside this one.
inline std::string corpus() {
  if (const char* given = std::getenv("HWCSYNC_CORPUS")) return given;
  const char* source = std::getenv("HWCSYNC_SOURCE_DIR");
  return std::string(source == nullptr ? "." : source) + "/../shared/corpus";
}

// tests/compose/refused_vectors.txt: vector -> why it does not hold here.
inline std::map<std::string, std::string> refused_vectors() {
  const char* source = std::getenv("HWCSYNC_SOURCE_DIR");
  std::ifstream file(std::string(source == nullptr ? "." : source) + "/tests/compose/refused_vectors.txt");
  std::map<std::string, std::string> out;
  for (std::string line; std::getline(file, line);) {
    const auto gap = line.find("  ");
    if (line.empty() || line.front() == '#' || gap == std::string::npos) continue;
    out.emplace(line.substr(0, gap), line.substr(gap + 2));
  }
  return out;
}

}  // namespace hwcsync::compose::test
