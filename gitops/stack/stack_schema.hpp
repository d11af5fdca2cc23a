#pragma once

#include "gitops/stack/refused.hpp"
#include "gitops/stack/stack_config.hpp"

// The tables of stack.yaml (DESIGN 3.2): what is read, what is refused, what an editor shows.
namespace hwcsync {

template <>
struct Schema<stack::SecretSource> : StructSchema<stack::SecretSource> {
  static const Rows<stack::SecretSource>& rows();
};
template <>
struct Schema<stack::Directory> : StructSchema<stack::Directory> {
  static const Rows<stack::Directory>& rows();
};
template <>
struct Schema<stack::Probe> : StructSchema<stack::Probe> {
  static const Rows<stack::Probe>& rows();
};
template <>
struct Schema<stack::Health> : StructSchema<stack::Health> {
  static const Rows<stack::Health>& rows();
};
template <>
struct Schema<stack::Firewall> : StructSchema<stack::Firewall> {
  static const Rows<stack::Firewall>& rows();
};
template <>
struct Schema<stack::Mounts> : StructSchema<stack::Mounts> {
  static const Rows<stack::Mounts>& rows();
};
template <>
struct Schema<stack::Prepare> : StructSchema<stack::Prepare> {
  static const Rows<stack::Prepare>& rows();
};
template <>
struct Schema<stack::RegistryLogin> : StructSchema<stack::RegistryLogin> {
  static const Rows<stack::RegistryLogin>& rows();
};
template <>
struct Schema<stack::Units> : StructSchema<stack::Units> {
  static const Rows<stack::Units>& rows();
};
template <>
struct Schema<stack::Route> : StructSchema<stack::Route> {
  static const Rows<stack::Route>& rows();
};
template <>
struct Schema<stack::NetworkConfig> : StructSchema<stack::NetworkConfig> {
  static const Rows<stack::NetworkConfig>& rows();
};
template <>
struct Schema<stack::IgnoredRule> : StructSchema<stack::IgnoredRule> {
  static const Rows<stack::IgnoredRule>& rows();
};
template <>
struct Schema<stack::Lint> : StructSchema<stack::Lint> {
  static const Rows<stack::Lint>& rows();
};
template <>
struct Schema<stack::Style> : EnumSchema<stack::Style> {
  static std::vector<std::pair<std::string, stack::Style>> words();
};
template <>
struct Schema<stack::StackConfig> : StructSchema<stack::StackConfig> {
  static const Rows<stack::StackConfig>& rows();
};

}  // namespace hwcsync
