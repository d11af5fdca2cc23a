#include "gitops/stack/stack_schema.hpp"

namespace hwcsync {

using stack::unsupported_row;

std::vector<std::pair<std::string, stack::Style>> Schema<stack::Style>::words() {
  return {{"compose", stack::Style::compose}, {"oci", stack::Style::oci}};
}

const Rows<stack::SecretSource>& Schema<stack::SecretSource>::rows() {
  using T = stack::SecretSource;
  static const Rows<T> table{
      row<&T::source>("source",
                      "Encrypted file, beside the stack or below the repository's secrets directory."),
      row<&T::key>("key",
                   "Path of one value in the file (postgres/password, servers/0/name; a variable of a dotenv "
                   "file); a list or mapping comes as JSON. The whole file without it."),
      row<&T::services>("services",
                        "Services that may read it; every service of the stack that uses it without this."),
      row<&T::mode>("mode", "Mode of the file that is shown, such as \"0400\"."),
      row<&T::text_template>(
          "template",
          "Instead of a source: text file, beside the stack or below the repository's secrets directory, "
          "in which ${secret:NAME} stands for another secret of this stack; filters ${secret:NAME|env} and "
          "${secret:NAME|json} quote it, trim removes white space around it.")};
  return table;
}

const Rows<stack::Directory>& Schema<stack::Directory>::rows() {
  using T = stack::Directory;
  static const Rows<T> table{
      required_row<&T::path>("path", "Directory on the host; ${VARIABLES} are filled in."),
      row<&T::owner>("owner", "\"uid:gid\" on the host; default: the stack's user."),
      row<&T::container_owner>("container-owner",
                               "\"uid:gid\" as the container sees it, mapped through the user's sub-ids."),
      row<&T::mode>("mode", "Mode, such as \"0750\"; default \"0755\".")};
  return table;
}

const Rows<stack::Probe>& Schema<stack::Probe>::rows() {
  using T = stack::Probe;
  static const Rows<T> table{row<&T::http>("http", "URL that must answer with a status below 400."),
                             row<&T::tcp>("tcp", "\"address:port\" that must accept a connection."),
                             row<&T::command>("command", "Program and arguments that must exit with 0.")};
  return table;
}

const Rows<stack::Health>& Schema<stack::Health>::rows() {
  using T = stack::Health;
  static const Rows<T> table{
      row<&T::timeout>("timeout", "How long the stack may take to become healthy; default 120s."),
      row<&T::probes>("probes", "What must answer before a run is called good.")};
  return table;
}

const Rows<stack::Firewall>& Schema<stack::Firewall>::rows() {
  using T = stack::Firewall;
  static const Rows<T> table{
      row<&T::tcp>("tcp", "TCP ports to open."), row<&T::udp>("udp", "UDP ports to open."),
      row<&T::proxied>("proxied", "Ports that are published and stay closed: a proxy reaches them.")};
  return table;
}

const Rows<stack::Mounts>& Schema<stack::Mounts>::rows() {
  using T = stack::Mounts;
  static const Rows<T> table{
      row<&T::required>("required", "Paths whose mounts must be there (RequiresMountsFor=)."),
      row<&T::on_demand>("on-demand", "Paths that are mounted when they are used (.automount).")};
  return table;
}

const Rows<stack::Prepare>& Schema<stack::Prepare>::rows() {
  using T = stack::Prepare;
  static const Rows<T> table{
      row<&T::directories>("directories", "Directories to make before the stack starts."),
      row<&T::commands>(
          "commands",
          "Shell commands to run before each start of the stack and when they changed, with its "
          "variables and secrets there: as the stack's user."),
      unsupported_row<T>("once", "Data steps that run once.")};
  return table;
}

const Rows<stack::RegistryLogin>& Schema<stack::RegistryLogin>::rows() {
  using T = stack::RegistryLogin;
  static const Rows<T> table{
      required_row<&T::registry>("registry", "Name of the registry, such as ghcr.io."),
      required_row<&T::username>("username", "Who logs in."),
      required_row<&T::password>("password",
                                 "Name of the secret of this stack that holds the password or token.")};
  return table;
}

const Rows<stack::Units>& Schema<stack::Units>::rows() {
  using T = stack::Units;
  static const Rows<T> table{row<&T::after>("after", "Units that this one starts after."),
                             row<&T::wants>("wants", "Units that are started too."),
                             row<&T::requires_>("requires", "Units without which this one does not run.")};
  return table;
}

const Rows<stack::Route>& Schema<stack::Route>::rows() {
  using T = stack::Route;
  static const Rows<T> table{
      required_row<&T::domain>("domain", "Name under which the service is reached."),
      required_row<&T::upstream>("upstream", "Published port on this host."),
      row<&T::tls>("tls", "\"internal\": a certificate of the proxy's own authority."),
      row<&T::basic_auth>("basic-auth", "User -> bcrypt hash of the password (caddy hash-password).")};
  return table;
}

const Rows<stack::NetworkConfig>& Schema<stack::NetworkConfig>::rows() {
  using T = stack::NetworkConfig;
  static const Rows<T> table{row<&T::subnet>("subnet", "Such as 10.89.0.0/24.")};
  return table;
}

const Rows<stack::IgnoredRule>& Schema<stack::IgnoredRule>::rows() {
  using T = stack::IgnoredRule;
  static const Rows<T> table{required_row<&T::rule>("rule", "Name of the lint rule."),
                             row<&T::service>("service", "Only for this service."),
                             required_row<&T::reason>("reason", "Why the rule does not hold here.")};
  return table;
}

const Rows<stack::Lint>& Schema<stack::Lint>::rows() {
  using T = stack::Lint;
  static const Rows<T> table{row<&T::ignore>("ignore", "Findings that are wanted, each with a reason.")};
  return table;
}

const Rows<stack::StackConfig>& Schema<stack::StackConfig>::rows() {
  using T = stack::StackConfig;
  static const Rows<T> table{
      row<&T::description>("description", "What the stack is, for people."),
      row<&T::style>("style", "compose or oci; default: the repository's."),
      row<&T::project>("project", "Compose project name; default: the directory's name."),
      row<&T::unit>("unit", "Unit name without .service; default <stack>-stack. Only for style compose."),
      row<&T::user>("user",
                    "Who runs it; one of the host's users, or dedicated: the user stack-<stack>, which is no "
                    "other stack's. Default in style compose: defaults.user; in style oci: root."),
      row<&T::category>("category",
                        "Style oci: gives the Compose file ${STATE_DIR}, which is /opt/<category>/<stack>."),
      row<&T::build>("build",
                     "true: services with 'build' get images that the host builds from the "
                     "repository's files; default false, refused."),
      row<&T::profiles>("profiles", "Compose profiles that are active."),
      row<&T::variables>("variables",
                         "Variables for the Compose file; they win over those of host and repository."),
      row<&T::assets>("assets", "Variable -> tracked file of the stack, given to Compose as ${VARIABLE}."),
      row<&T::environment_from_host>(
          "environment-from-host",
          "Names of the host's environment that may be used: XDG_RUNTIME_DIR, USER, LOGNAME."),
      row<&T::secrets>("secrets", "Secrets by name; 'env' is the stack's env file."),
      row<&T::mounts>("mounts", "File systems that must be there."),
      row<&T::firewall>("firewall", "Ports to open."),
      row<&T::prepare>("prepare", "What is done before the stack starts."),
      row<&T::units>("units", "Order against other units."),
      row<&T::routes>("routes", "Names under which a reverse proxy reaches the stack."),
      row<&T::networks>("networks", "Style oci: networks to make."),
      row<&T::start_after>("start-after", "Stacks that start before this one."),
      row<&T::health>("health", "When the stack is called healthy."),
      row<&T::lint>("lint", "Lint findings to ignore."),
      row<&T::registry_login>("registry-login",
                              "Credentials for the registry that the stack's images come from.")};
  return table;
}

}  // namespace hwcsync
