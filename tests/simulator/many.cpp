// MANY: seeds over several processes. A seed's story depends on nothing but the seed, so who lives through it does not matter.

#include <algorithm>
#include <cstdio>
#include <sys/wait.h>
#include <tests/simulator/world.hpp>
#include <unistd.h>

namespace troupe {
namespace {

void put(std::FILE* to, uint64_t number) {
  std::fwrite(&number, sizeof number, 1, to);
}

void put(std::FILE* to, const std::string& text) {
  put(to, text.size());
  std::fwrite(text.data(), 1, text.size(), to);
}

bool take(std::FILE* from, uint64_t& number) {
  return std::fread(&number, sizeof number, 1, from) == 1;
}

bool take(std::FILE* from, std::string& text) {
  uint64_t size = 0;
  if (!take(from, size))
    return false;
  text.resize(size);
  return std::fread(text.data(), 1, size, from) == size;
}

void send(std::FILE* to, const world_report& report) {
  for (auto number : {report.steps, report.crashes, report.events, static_cast<uint64_t>(report.virtual_ms)})
    put(to, number);
  put(to, report.hash);
  put(to, report.laws.size());
  for (auto& [law, text] : report.laws) {
    put(to, law);
    put(to, text);
  }
  put(to, report.trace.size());
  for (auto& line : report.trace)
    put(to, line);
  std::fflush(to);
}

bool receive(std::FILE* from, world_report& report) {
  uint64_t virtual_ms = 0, laws = 0, lines = 0;
  if (!take(from, report.steps) || !take(from, report.crashes) || !take(from, report.events) ||
      !take(from, virtual_ms) || !take(from, report.hash) || !take(from, laws))
    return false;
  report.virtual_ms = static_cast<int64_t>(virtual_ms);
  std::string law, text;
  for (; laws > 0 && take(from, law) && take(from, text); --laws)
    report.laws[law] = text;
  if (!take(from, lines))
    return false;
  for (; lines > 0 && take(from, text); --lines)
    report.trace.push_back(text);
  return lines == 0;
}

} // namespace

void live_through_many(uint64_t from, uint64_t seeds, unsigned jobs,
                       const std::function<world_report(uint64_t seed)>& live,
                       const std::function<void(const world_report&)>& each) {
  jobs = static_cast<unsigned>(std::clamp<uint64_t>(jobs, 1, std::max<uint64_t>(seeds, 1)));
  if (jobs == 1) {
    for (uint64_t i = 0; i < seeds; ++i)
      each(live(from + i));
    return;
  }
  std::fflush(stdout);
  std::vector<std::FILE*> pipes;
  std::vector<pid_t> children;
  for (unsigned job = 0; job < jobs; ++job) {
    int ends[2];
    ensure(pipe(ends) == 0, "a pipe");
    auto child = fork();
    ensure(child >= 0, "a process");
    if (child == 0) {
      close(ends[0]);
      auto* to = fdopen(ends[1], "w");
      for (uint64_t i = job; i < seeds; i += jobs)
        send(to, live(from + i));
      std::fclose(to);
      _exit(0);
    }
    close(ends[1]);
    pipes.push_back(fdopen(ends[0], "r"));
    children.push_back(child);
  }
  for (uint64_t i = 0; i < seeds; ++i) {
    world_report report;
    if (!receive(pipes[i % jobs], report))
      report.laws["process"] = "the process that lived through it ended";
    report.seed = from + i;
    each(report);
  }
  for (unsigned job = 0; job < jobs; ++job) {
    std::fclose(pipes[job]);
    waitpid(children[job], nullptr, 0);
  }
}

} // namespace troupe
