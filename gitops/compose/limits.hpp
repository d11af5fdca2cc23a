#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hwcsync::compose {

// -1: unlimited.
struct Ulimit {
  std::int64_t soft = 0;
  std::int64_t hard = 0;
  bool operator==(const Ulimit&) const = default;
};

// What a service may use; `deploy.resources` is folded in. Sizes as Compose writes them ("512m"; "-1":
// unlimited), empty or absent: podman's default.
struct Limits {
  std::string cpus;                // a number of cores: "1.5"
  std::string memory;              // mem_limit
  std::string memory_reservation;  // mem_reservation
  std::string memory_swap;         // memswap_limit
  std::string shm_size;
  std::string cpuset;
  std::optional<std::int64_t> memory_swappiness;
  std::optional<std::int64_t> cpu_shares;
  std::optional<std::int64_t> cpu_period;  // microseconds, as the three below
  std::optional<std::int64_t> cpu_quota;
  std::optional<std::int64_t> cpu_rt_period;
  std::optional<std::int64_t> cpu_rt_runtime;
  std::optional<std::int64_t> pids;
  std::optional<std::int64_t> oom_score_adj;
  bool oom_kill_disable = false;
  std::map<std::string, Ulimit> ulimits;
  bool operator==(const Limits&) const = default;
};

// blkio_config
struct BlockIo {
  struct Weight {
    std::string path;
    std::int64_t weight = 0;
    bool operator==(const Weight&) const = default;
  };
  struct Rate {
    std::string path;
    std::int64_t rate = 0;  // bytes or operations in a second
    bool operator==(const Rate&) const = default;
  };
  std::optional<std::int64_t> weight;
  std::vector<Weight> weight_device;
  std::vector<Rate> device_read_bps;
  std::vector<Rate> device_read_iops;
  std::vector<Rate> device_write_bps;
  std::vector<Rate> device_write_iops;
  bool operator==(const BlockIo&) const = default;
};

// One entry of `gpus` or of deploy.resources.reservations.devices.
struct DeviceRequest {
  std::string driver;                 // "cdi", "nvidia", ...
  std::optional<std::int64_t> count;  // -1: all
  std::vector<std::string> device_ids;
  std::vector<std::string> capabilities;
  std::map<std::string, std::string> options;
  bool operator==(const DeviceRequest&) const = default;
};

}  // namespace hwcsync::compose
