#pragma once

#include "gitops/compose/limits.hpp"
#include "gitops/compose/mount.hpp"
#include "gitops/compose/template.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hwcsync::compose {

// How an image is made. Read as a whole; whether a stack may build at all is the layout's business.
struct Build {
  std::string context;  // as written: a directory below the stack's, or a URL
  std::string dockerfile;
  std::string dockerfile_inline;
  std::map<std::string, std::optional<std::string>> args;  // nothing: taken from the environment of the build
  std::map<std::string, std::string> additional_contexts;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> ssh;
  std::vector<std::string> cache_from;
  std::vector<std::string> cache_to;
  std::vector<std::string> no_cache_filter;
  std::vector<std::string> entitlements;
  std::vector<std::string> extra_hosts;
  std::vector<std::string> platforms;
  std::vector<std::string> tags;
  std::vector<Grant> secrets;
  std::map<std::string, Ulimit> ulimits;
  std::string isolation;
  std::string network;
  std::string provenance;
  std::string sbom;
  std::string shm_size;
  std::string target;
  bool no_cache = false;
  bool privileged = false;
  bool pull = false;
  // The files that it is made from, among Project::contexts; empty where nothing is built.
  std::string files;
  bool operator==(const Build&) const = default;
};

}  // namespace hwcsync::compose
