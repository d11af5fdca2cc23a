#include "gitops/compose/fields.hpp"

#include <algorithm>
#include <array>

namespace hwcsync::compose {
namespace {

struct LongDevice {
  std::string source;
  std::string target;
  std::string permissions;
};

constexpr std::array kDevice{
    Field<LongDevice>{"source", read_text<&LongDevice::source>},
    Field<LongDevice>{"target", read_text<&LongDevice::target>},
    Field<LongDevice>{"permissions", read_text<&LongDevice::permissions>},
};

void read_devices(Reading& reading, const Yaml& value, const std::string& path, Service& out) {
  if (!value.is_sequence()) {
    reading.problems.add(value, "expected a list, found " + std::string(value.kind_name()));
    return;
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Yaml& item = value.items[i];
    const std::string here = path + '[' + std::to_string(i) + ']';
    if (!item.is_mapping()) {
      out.devices.push_back(reading.plain(item, here));
      continue;
    }
    LongDevice device;
    read_fields<LongDevice>(reading, item, "device", here, kDevice, device);
    if (device.source.empty()) reading.problems.add(item, "key 'source' is missing here");
    std::string text = device.source;
    if (!device.target.empty() || !device.permissions.empty())
      text += ':' + (device.target.empty() ? device.source : device.target);
    if (!device.permissions.empty()) text += ':' + device.permissions;
    out.devices.push_back(std::move(text));
  }
}

void read_count(Reading& reading, const Yaml& value, const std::string& path, DeviceRequest& out) {
  if (value.is_scalar() && value.text == "all") {
    out.count = -1;
  } else {
    out.count = reading.integer(value, path);
  }
}

constexpr std::array kRequest{
    Field<DeviceRequest>{"driver", read_text<&DeviceRequest::driver>},
    Field<DeviceRequest>{"count", read_count},
    Field<DeviceRequest>{"device_ids", read_list<&DeviceRequest::device_ids>},
    Field<DeviceRequest>{"capabilities", read_list<&DeviceRequest::capabilities>},
    Field<DeviceRequest>{"options", read_map<&DeviceRequest::options>},
};

void read_gpus(Reading& reading, const Yaml& value, const std::string& path, Service& out) {
  std::vector<DeviceRequest> requests;
  if (value.is_scalar()) {
    if (reading.plain(value, path) != "all")
      reading.problems.add(value, "expected 'all' or a list of devices, found '" + value.text + "'");
    requests.push_back({.count = -1});
  } else {
    read_device_requests(reading, value, path, requests);
  }
  for (DeviceRequest& request : requests) {
    auto& words = request.capabilities;
    if (std::find(words.begin(), words.end(), "gpu") == words.end()) words.emplace_back("gpu");
    out.device_requests.push_back(std::move(request));
  }
}

constexpr std::array kWeight{
    Field<BlockIo::Weight>{"path", read_text<&BlockIo::Weight::path>},
    Field<BlockIo::Weight>{"weight", read_integer<&BlockIo::Weight::weight>},
};
constexpr std::array kRate{
    Field<BlockIo::Rate>{"path", read_text<&BlockIo::Rate::path>},
    Field<BlockIo::Rate>{"rate",
                         [](Reading& reading, const Yaml& value, const std::string& path,
                            BlockIo::Rate& out) { out.rate = reading.bytes(value, path).value_or(0); }},
};

template <class T>
void read_devices_of(Reading& reading, const Yaml& value, const std::string& path, std::string_view scope,
                     Fields<T> fields, std::vector<T>& out) {
  if (!value.is_sequence()) {
    reading.problems.add(value, "expected a list, found " + std::string(value.kind_name()));
    return;
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    T one;
    read_fields<T>(reading, value.items[i], scope, path + '[' + std::to_string(i) + ']', fields, one);
    if (one.path.empty()) reading.problems.add(value.items[i], "key 'path' is missing here");
    out.push_back(std::move(one));
  }
}

template <std::vector<BlockIo::Rate> BlockIo::*Member>
void rates(Reading& reading, const Yaml& value, const std::string& path, BlockIo& out) {
  read_devices_of<BlockIo::Rate>(reading, value, path, "blkio_config's rate", kRate, out.*Member);
}

constexpr std::array kBlockIo{
    Field<BlockIo>{"weight", [](Reading& reading, const Yaml& value, const std::string& path,
                                BlockIo& out) { out.weight = reading.integer(value, path); }},
    Field<BlockIo>{"weight_device",
                   [](Reading& reading, const Yaml& value, const std::string& path, BlockIo& out) {
                     read_devices_of<BlockIo::Weight>(reading, value, path, "blkio_config's weight", kWeight,
                                                      out.weight_device);
                   }},
    Field<BlockIo>{"device_read_bps", rates<&BlockIo::device_read_bps>},
    Field<BlockIo>{"device_read_iops", rates<&BlockIo::device_read_iops>},
    Field<BlockIo>{"device_write_bps", rates<&BlockIo::device_write_bps>},
    Field<BlockIo>{"device_write_iops", rates<&BlockIo::device_write_iops>},
};

constexpr std::array kDevices{
    Field<Service>{"devices", read_devices},
    Field<Service>{"device_cgroup_rules", read_list<&Service::device_cgroup_rules>},
    Field<Service>{"gpus", read_gpus},
    Field<Service>{"storage_opt", read_map<&Service::storage_opt>},
    Field<Service>{"blkio_config",
                   [](Reading& reading, const Yaml& value, const std::string& path, Service& out) {
                     read_fields<BlockIo>(reading, value, "blkio_config", path, kBlockIo, out.block_io);
                   }},
};

}  // namespace

Fields<Service> device_fields() {
  return kDevices;
}

void read_device_requests(Reading& reading, const Yaml& value, const std::string& path,
                          std::vector<DeviceRequest>& out) {
  if (!value.is_sequence()) {
    reading.problems.add(value, "expected a list, found " + std::string(value.kind_name()));
    return;
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    DeviceRequest request;
    read_fields<DeviceRequest>(reading, value.items[i], "device request",
                               path + '[' + std::to_string(i) + ']', kRequest, request);
    if (request.count && !request.device_ids.empty()) {
      reading.problems.add(value.items[i], "'count' and 'device_ids' exclude each other");
    } else if (!request.count && request.device_ids.empty()) {
      request.count = -1;
    }
    out.push_back(std::move(request));
  }
}

}  // namespace hwcsync::compose
