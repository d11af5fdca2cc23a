#pragma once

#include "src/base/schema.hpp"
#include "src/settings/settings.hpp"

// The tables that read config.yaml and describe it.
namespace hwcsync {

template <>
struct Schema<settings::RepositorySource> : StructSchema<settings::RepositorySource> {
  static const Rows<settings::RepositorySource>& rows();
};
template <>
struct Schema<settings::HealthSettings> : StructSchema<settings::HealthSettings> {
  static const Rows<settings::HealthSettings>& rows();
};
template <>
struct Schema<settings::Deadlines> : StructSchema<settings::Deadlines> {
  static const Rows<settings::Deadlines>& rows();
};
template <>
struct Schema<settings::Settings> : StructSchema<settings::Settings> {
  static const Rows<settings::Settings>& rows();
};

}  // namespace hwcsync
