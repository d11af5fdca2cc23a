#include "secrets/service/served_record.hpp"

#include "secrets/service/generation_store.hpp"
#include "src/base/atomic_file.hpp"
#include "src/base/error.hpp"
#include "src/base/text.hpp"

namespace hwcsync::secrets {

void write_served(const std::string& runtime_dir, const ServedRecord& record) {
  AtomicFile file(runtime_dir + "/served", 0600);
  file.write(record.generation + '\n' + record.recorded + '\n');
  file.commit();
}

std::optional<ServedRecord> read_served(const std::string& runtime_dir) {
  std::string text;
  try {
    text = read_file(runtime_dir + "/served", 4096);
  } catch (const SystemError&) {
    return std::nullopt;
  }
  const std::vector<std::string> lines = split(text, '\n');
  if (lines.size() < 2 || !is_generation_id(lines[0])) return std::nullopt;
  if (!lines[1].empty() && !is_generation_id(lines[1])) return std::nullopt;
  return ServedRecord{.generation = lines[0], .recorded = lines[1]};
}

}  // namespace hwcsync::secrets
