// MACHINE: read from the kernel, so that a figure never travels without it.

#include <caf/config.hpp>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <google/protobuf/stubs/common.h>
#include <sys/utsname.h>
#include <tests/bench/bench.hpp>
#include <tests/bench/machine.hpp>
#include <thread>
#include <unistd.h>

namespace troupe::bench {
namespace {

std::string after_key(const char* file, std::string_view key) {
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(key))
      return line.substr(std::min(line.size(), line.find(':') + 2));
  return "unknown";
}

// The mount whose path is the longest beginning of `path`.
std::string file_system(const std::string& path) {
  std::ifstream in{"/proc/mounts"};
  std::string device, mount, type, rest, best, found = "unknown";
  while (in >> device >> mount >> type && std::getline(in, rest))
    if (path.starts_with(mount) && mount.size() >= best.size()) {
      best = mount;
      found = type + " on " + device;
    }
  return found;
}

} // namespace

void describe_machine() {
  utsname kernel{};
  uname(&kernel);
  auto temporary = std::filesystem::temp_directory_path().string();
  remark(fmt::format("cpu {}, {} cores, {}", after_key("/proc/cpuinfo", "model name"),
                     std::thread::hardware_concurrency(), after_key("/proc/meminfo", "MemTotal")));
  remark(fmt::format("{} {}, g++ {}, CAF {}, protobuf {}", kernel.sysname, kernel.release, __VERSION__,
                     CAF_VERSION, GOOGLE_PROTOBUF_VERSION));
  remark(fmt::format("stores in {}: {}", temporary, file_system(temporary)));
}

std::string load() {
  std::ifstream in{"/proc/loadavg"};
  std::string value;
  in >> value;
  return value;
}

double resident_bytes() {
  std::ifstream in{"/proc/self/statm"};
  double total = 0, resident = 0;
  in >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

} // namespace troupe::bench
