#include "secrets/service/varlink_binding.hpp"
#include "src/base/error.hpp"
#include "src/base/text.hpp"
#include "src/cli/exit_status.hpp"
#include "src/cli/people.hpp"
#include "src/cli/secrets_group.hpp"
#include "src/settings/duration.hpp"

#include <cstdint>
#include <ostream>

namespace hwcsync::cli {
namespace {

struct Options {
  std::string stack;
  std::string since;
  std::int64_t limit = 50;
};

// "1h", or a time as the JSON of this command has it.
WallTime beginning(const std::string& text, WallTime now) {
  if (const auto duration = settings::parse_duration(text)) return now - *duration;
  try {
    return parse_time(text);
  } catch (const Error&) {
    throw UsageError({"cannot tell since when", "'" + text + "'", "it is neither a duration nor a time",
                      "write it as 90s, 10m, 1h, 2d or 2026-11-20T10:00:00.000Z"});
  }
}

std::string who(const secrets::AuditRecord& record) {
  const std::string program = record.exe.substr(record.exe.rfind('/') + 1);
  return "uid " + std::to_string(record.uid) + (program.empty() ? "" : ", " + program) +
         (record.pid == 0 ? "" : " " + std::to_string(record.pid));
}

std::string where(const secrets::AuditRecord& record) {
  return record.unit + (record.container.empty() ? "" : " container " + record.container.substr(0, 12));
}

int audit(const Options& options, Context& context) {
  if (options.limit < 1 || options.limit > static_cast<std::int64_t>(secrets::kAuditLimit)) {
    throw UsageError({"cannot show", std::to_string(options.limit) + " records",
                      "-n is a number from 1 to " + std::to_string(secrets::kAuditLimit),
                      "for older ones narrow it down with --stack or --since"});
  }
  const SystemClock clock;
  secrets::AuditQuery query{.limit = static_cast<std::size_t>(options.limit)};
  if (!options.stack.empty()) query.stack = options.stack;
  if (!options.since.empty()) query.since = beginning(options.since, clock.now());
  auto service = connect_secrets(context);
  const auto records = service.audit(query);
  const secrets::AuditCounts counts = service.status().audit;
  if (context.json) {
    OrderedJson rows = OrderedJson::array();
    for (const secrets::AuditRecord& record : records) rows.push_back(OrderedJson(secrets::to_json(record)));
    context.out << json_text({{"version", 1},
                              {"records", rows},
                              {"counts",
                               {{"opens", counts.opens},
                                {"reads", counts.reads},
                                {"denials", counts.denials},
                                {"dropped", counts.dropped}}}});
    return kDone;
  }
  Table table;
  for (const secrets::AuditRecord& record : records) {
    // Names that others chose.
    table.add({ago(record.time, clock.now()), std::string(secrets::to_string(record.op)),
               printable(record.path), printable(who(record)), printable(where(record)), record.result});
  }
  context.out << table.text();
  if (records.size() == query.limit) context.err << "the newest " << options.limit << "; more with -n\n";
  if (counts.dropped > 0)
    context.err << counts.dropped << " accesses since the service started are not kept any more\n";
  return kDone;
}

}  // namespace

void add_secrets_audit(SecretsGroup& group) {
  auto options = std::make_shared<Options>();
  CLI::App& app = group.add("audit", "who read what, newest first",
                            "  hwcsync secrets audit --stack immich --since 1h\n"
                            "  hwcsync secrets audit -n 500 --json\n",
                            options, audit);
  app.add_option("--stack", options->stack, "only this stack");
  app.add_option("--since", options->since, "only what is not older: 90s, 10m, 1h, 2d, or a time");
  app.add_option("-n,--limit", options->limit, "how many (default 50)");
}

}  // namespace hwcsync::cli
