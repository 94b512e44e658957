// The node that is killed: `troupe node` with tools whose effects outlive it, on a disk whose power can be cut.
// Usage: troupe_chaos_node --data DIR --effects FILE [--memtable BYTES] [--power SEED] [--nosync] [--restarts N]
//        troupe_chaos_node --newer DIR   makes the store there one of a newer version
// SIGUSR1 cuts the power. A test-only program: nothing of this is reachable from a configuration.

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <map>
#include <tests/chaos/power.hpp>
#include <thread>
#include <troupe/net/node/process.hpp>
#include <troupe/net/node/standard_behaviors.hpp>
#include <troupe/persistence/journal.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/rocksdb/laboratory.hpp>
#include <unistd.h>

namespace troupe::chaos {
namespace {

/// Calls three tools, one after the other: what each did is seen outside.
class courier final : public behavior {
public:
  manifest describe() const override {
    return manifest{"courier"}.can("chaos.deliver").max_concurrent(100);
  }
  action run(const Task& task) override {
    auto parcel = task.input("parcel");
    return call_tool("effect/again", {{"what", parcel + " a"}})
        .then([=](const Result&) {
          return call_tool("effect/once", {{"what", parcel + " b"}});
        })
        .then([=](const Result&) {
          return call_tool("effect/again", {{"what", parcel + " c"}});
        })
        .then([=](const Result&) { return finish("delivered " + parcel); });
  }
};

/// Kills a service of its own node.
class saboteur final : public behavior {
public:
  manifest describe() const override {
    return manifest{"saboteur"}.can("chaos.sabotage");
  }
  action run(const Task& task) override {
    return call_tool("tree/kill", {{"what", task.input("what")}}).then([](const Result& done) {
      return finish(done);
    });
  }
};

// One line of the world outside: one write(2) each, so that no kill tears it.
caf::expected<std::string> leave_mark(int world, std::string_view what) {
  auto line = std::string{what} + "\n";
  if (::write(world, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    return make_error(ec::tool_failed, "the world cannot be written");
  return std::string{"done"};
}

std::shared_ptr<store_laboratory> laboratory_of(const std::map<std::string, std::string>& said) {
  auto made = std::make_shared<store_laboratory>();
  made->synced = said.count("--nosync") == 0;
  if (auto bytes = said.find("--memtable"); bytes != said.end())
    made->memtable_bytes = std::stoul(bytes->second);
  auto power = said.find("--power");
  if (power == said.end())
    return made;
  auto disk = std::make_shared<power_disk>(rocksdb::FileSystem::Default(), said.at("--data") + ".attic",
                                           std::stoull(power->second));
  made->disk = rocksdb::NewCompositeEnv(disk);
  std::thread{[disk] {
    sigset_t cut;
    sigemptyset(&cut);
    sigaddset(&cut, SIGUSR1);
    for (int signal = 0;;)
      if (sigwait(&cut, &signal) == 0)
        disk->cut();
  }}.detach();
  return made;
}

int run(const std::map<std::string, std::string>& said) {
  sigset_t cut;
  sigemptyset(&cut);
  sigaddset(&cut, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &cut, nullptr);
  prepare_process();
  config settings;
  settings.node.data_directory = said.at("--data");
  settings.node.log_level = "warning";
  settings.tasks.initial_delay_ms = 50; // what a kill interrupts is tried again while somebody waits
  if (auto restarts = said.find("--restarts"); restarts != said.end())
    settings.supervision.max_restarts = std::stoi(restarts->second);
  auto world = ::open(said.at("--effects").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (world < 0)
    return 1;
  troupe::node one{settings, laboratory_of(said)};
  add_standard_behaviors(one.behaviors());
  one.behaviors().add<courier>();
  one.behaviors().add<saboteur>();
  auto mark = [world](const tool_call& call) { return leave_mark(world, call.argument("what")); };
  one.tools().add({"effect/once", "must not be done twice", mark, false});
  one.tools().add({"effect/again", "may be done twice", mark, true});
  one.tools().add({"tree/kill", "kills a service",
                   [&one](const tool_call& call) -> caf::expected<std::string> {
                     auto victim = one.outside()->names->find(std::string{call.argument("what")});
                     caf::anon_send_exit(victim, caf::exit_reason::kill);
                     return std::string{"done"};
                   },
                   true});
  return serve(one);
}

int make_newer(const std::string& directory) {
  auto rows = open_rocksdb(directory);
  return rows && !(*rows)->write({{space::meta, store_key("layout"), "99"}}) ? 0 : 1;
}

} // namespace
} // namespace troupe::chaos

int main(int argc, char** argv) {
  std::map<std::string, std::string> said;
  for (int i = 1; i < argc; ++i) {
    std::string name = argv[i];
    said[name] = name == "--nosync" || i + 1 == argc ? "" : argv[++i];
  }
  if (auto directory = said.find("--newer"); directory != said.end())
    return troupe::chaos::make_newer(directory->second);
  if (said.count("--data") == 0 || said.count("--effects") == 0) {
    fmt::print(stderr, "usage: troupe_chaos_node --data DIR --effects FILE [--memtable BYTES] [--power SEED] "
                       "[--nosync] [--restarts N]\n");
    return 2;
  }
  return troupe::chaos::run(said);
}
