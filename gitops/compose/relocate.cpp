#include "gitops/compose/relocate.hpp"

#include "gitops/compose/model.hpp"
#include "src/base/text.hpp"

#include <vector>

namespace hwcsync::compose {
namespace {

class Relocator {
 public:
  Relocator(const std::string& from, const std::string& to) : here_(from == to) {
    const std::vector<std::string> a = parts_of(to);
    const std::vector<std::string> b = parts_of(from);
    std::size_t common = 0;
    while (common < a.size() && common < b.size() && a[common] == b[common]) ++common;
    prefix_.assign(a.size() - common, "..");
    // Scalars of a document are Compose text, in which a dollar sign is doubled.
    for (; common < b.size(); ++common) prefix_.push_back(Template::literal(b[common]).compose_text());
  }

  void service(Yaml& service) const {
    if (here_ || !service.is_mapping()) return;
    if (Yaml* build = service.find("build"); build != nullptr) this->build(*build);
    if (Yaml* files = service.find("env_file"); files != nullptr) each(*files, "path");
    if (Yaml* files = service.find("label_file"); files != nullptr) each(*files, "");
    if (Yaml* volumes = service.find("volumes"); volumes != nullptr) {
      for (Yaml& item : volumes->items) mount(item);
    }
  }

  void document(Yaml& document) const {
    if (here_) return;
    if (Yaml* services = document.find("services"); services != nullptr) {
      for (Yaml::Entry& entry : services->entries) service(entry.value);
    }
    for (const char* section : {"configs", "secrets"}) {
      if (Yaml* items = document.find(section); items != nullptr) {
        for (Yaml::Entry& entry : items->entries) path(entry.value.find("file"));
      }
    }
    if (Yaml* volumes = document.find("volumes"); volumes != nullptr) {
      for (Yaml::Entry& entry : volumes->entries) driver_options(entry.value);
    }
  }

 private:
  static std::vector<std::string> parts_of(const std::string& path) {
    return path.empty() ? std::vector<std::string>{} : split(path, '/');
  }

  // "./x" and "x" are relative; "/x", "~/x" and "" are not, and of "${SECRET}/x" nobody knows.
  [[nodiscard]] static bool is_relative(const std::string& path) {
    return !path.empty() && path.front() != '/' && path.front() != '~' && path.rfind("${", 0) != 0;
  }

  [[nodiscard]] std::string moved(const std::string& path) const {
    std::vector<std::string> parts = prefix_;
    for (std::string& part : split(path, '/')) {
      if (part.empty() || part == ".") continue;
      if (part == ".." && !parts.empty() && parts.back() != "..") {
        parts.pop_back();
      } else {
        parts.push_back(std::move(part));
      }
    }
    if (parts.empty()) return ".";
    return (parts.front() == ".." ? "" : "./") + join(parts, "/");
  }

  void path(Yaml* value) const {
    if (value != nullptr && value->is_scalar() && is_relative(value->text)) value->text = moved(value->text);
  }

  // One path or a list of them; in a mapping the path is under `key`.
  void each(Yaml& value, const char* key) const {
    if (value.is_mapping()) {
      path(value.find(key));
    } else if (value.is_scalar()) {
      path(&value);
    }
    for (Yaml& item : value.items) each(item, key);
  }

  // A context may be a URL, an image or a service.
  void context(Yaml* value) const {
    if (value == nullptr || !value->is_scalar()) return;
    const std::string& text = value->text;
    const bool other = text.find("://") != std::string::npos || text.rfind("git@", 0) == 0 ||
                       text.rfind("github.com/", 0) == 0 || text.rfind("service:", 0) == 0;
    if (!other) path(value);
  }

  void build(Yaml& value) const {
    if (value.is_scalar()) {
      context(&value);
      return;
    }
    context(value.find("context"));
    Yaml* more = value.find("additional_contexts");
    if (more == nullptr) return;
    for (Yaml::Entry& entry : more->entries) context(&entry.value);
    for (Yaml& item : more->items) {
      const auto equals = item.text.find('=');
      if (equals == std::string::npos) continue;
      Yaml place = item;
      place.text = item.text.substr(equals + 1);
      context(&place);
      item.text = item.text.substr(0, equals + 1) + place.text;
    }
  }

  void mount(Yaml& item) const {
    if (item.is_mapping()) {
      const Yaml* type = item.find("type");
      if (type != nullptr && type->text == "bind") path(item.find("source"));
      return;
    }
    const auto colon = item.text.find(':');
    if (item.text.rfind('.', 0) != 0 || colon == std::string::npos) return;
    item.text = moved(item.text.substr(0, colon)) + item.text.substr(colon);
  }

  // A volume of the local driver that is a bind mount in truth.
  void driver_options(Yaml& volume) const {
    Yaml* options = volume.find("driver_opts");
    const Yaml* kind = options == nullptr ? nullptr : options->find("o");
    if (kind != nullptr && kind->text == "bind") path(options->find("device"));
  }

  bool here_;
  std::vector<std::string> prefix_;  // from `to` to `from`
};

}  // namespace

void relocate_document(Yaml& document, const std::string& from, const std::string& to) {
  Relocator(from, to).document(document);
}

void relocate_service(Yaml& service, const std::string& from, const std::string& to) {
  Relocator(from, to).service(service);
}

}  // namespace hwcsync::compose
