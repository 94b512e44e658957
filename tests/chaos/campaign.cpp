// CAMPAIGN: the same directory through all its lives.

#include <algorithm>
#include <array>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <numeric>
#include <tests/chaos/campaign.hpp>
#include <troupe/persistence/high_water.hpp>

namespace troupe::chaos {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 3> death_names{"kill", "power", "nosync"};
constexpr auto patience = 60s; // only a broken node takes so long

class campaign {
public:
  explicit campaign(const campaign_options& how)
      : how_{how}, chance_{how.seed}, audit_{told_, report_.found} {}

  campaign_report run() {
    for (unsigned round = 1; round <= how_.rounds && report_.broken.empty(); ++round)
      live(round);
    if (report_.broken.empty())
      end();
    audit_.check_effects(effects());
    return std::move(report_);
  }

private:
  std::string effects() const {
    return how_.place + "/effects";
  }

  std::unique_ptr<victim> start() {
    auto data = how_.place + "/data";
    std::vector<std::string> words{how_.node, "--data", data, "--effects", effects(), "--memtable", "65536"};
    if (how_.by != death::kill)
      words.insert(words.end(), {"--power", std::to_string(chance_())});
    if (how_.by == death::nosync)
      words.push_back("--nosync");
    return std::make_unique<victim>(std::move(words), data, how_.place + "/log");
  }

  std::chrono::milliseconds up_to(std::chrono::milliseconds most) {
    return std::chrono::milliseconds{chance_() % static_cast<uint64_t>(most.count() + 1)};
  }

  void kill(victim& node) {
    strike(node);
    if (how_.by ==
        death::nosync) // by its mark the store itself sees what is missing; we have to see it without
      std::filesystem::remove(how_.place + "/data/" + std::string{high_water::file_name});
  }

  void strike(victim& node) {
    ++report_.deaths;
    if (how_.by != death::kill) {
      node.strike(SIGUSR1);
      if (node.await_end(1s))
        return;
      node.strike(SIGUSR1); // nothing was synced in the meantime
      if (node.await_end(1s))
        return;
    }
    node.strike(SIGKILL);
    if (!node.await_end(patience))
      report_.broken = "a killed node does not end";
  }

  // A node that is up; nothing if it does not come up.
  std::unique_ptr<victim> come_up() {
    auto began = std::chrono::steady_clock::now();
    auto node = start();
    if (!node->await_ready(patience)) {
      auto end = node->ended();
      std::ifstream log{how_.place + "/log"};
      std::string said{std::istreambuf_iterator<char>{log}, {}};
      report_.broken = fmt::format(
          "the node {}; it said: {}",
          end ? fmt::format("ended with code {} by signal {}", end->code, end->signal) : "does not answer",
          said.substr(said.size() - std::min<size_t>(said.size(), 500)));
      report_.found.blame(report_.found.lost, "the whole store: " + report_.broken);
      return {};
    }
    report_.reopen_s.push_back(
        std::chrono::duration<double>{std::chrono::steady_clock::now() - began}.count());
    return node;
  }

  void compare(const victim& node, const std::vector<std::string>& ids) {
    auto door = node.client();
    for (auto& id : ids)
      audit_.check(*door, id);
  }

  void live(unsigned round) {
    for (; chance_() % 3 == 0; kill_early()) { // once more, while it starts and recovers
    }
    auto node = come_up();
    if (!node)
      return;
    compare(*node, told_.take_recent());
    load work{*node, told_, report_.found, how_.work, round, chance_()};
    auto enough = std::chrono::steady_clock::now() + patience;
    while (told_.open() < how_.work.open && std::chrono::steady_clock::now() < enough)
      std::this_thread::sleep_for(10ms);
    std::this_thread::sleep_for(50ms + up_to(600ms));
    if (how_.work.open > 0)
      report_.open = std::min(report_.open.value_or(how_.work.open), told_.open());
    kill(*node);
    work.stop();
    ++report_.rounds;
  }

  void kill_early() {
    auto node = start();
    std::this_thread::sleep_for(up_to(300ms));
    kill(*node);
  }

  void end() {
    auto node = come_up();
    if (!node)
      return;
    compare(*node, told_.all());
    if (how_.by == death::nosync)
      return; // what was lost does not come to its end
    auto door = node->client();
    door->set_patience(patience);
    for (auto& id : told_.all())
      audit_.check_end(*door, id);
    node->strike(SIGTERM);
    auto ended = node->await_end(patience);
    if (!ended || ended->code != 0)
      report_.broken = "the node does not end well when it is asked to";
  }

  const campaign_options& how_;
  std::mt19937_64 chance_;
  campaign_report report_;
  promises told_;
  auditor audit_;
};

struct times {
  double least = 0, mean = 0, most = 0;
};

times of(const std::vector<double>& all) {
  if (all.empty())
    return {};
  return {*std::min_element(all.begin(), all.end()),
          std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(all.size()),
          *std::max_element(all.begin(), all.end())};
}

} // namespace

campaign_report run_campaign(const campaign_options& how) {
  return campaign{how}.run();
}

std::string_view to_string(death by) {
  return death_names[static_cast<size_t>(by)];
}

std::optional<death> death_from(std::string_view name) {
  auto found = std::find(death_names.begin(), death_names.end(), name);
  if (found == death_names.end())
    return {};
  return static_cast<death>(found - death_names.begin());
}

std::string show(const campaign_options& how, const campaign_report& report) {
  auto& found = report.found;
  auto reopen = of(report.reopen_s);
  auto text = fmt::format("mode          {}\n"
                          "rounds        {} of {}, {} deaths\n"
                          "acknowledged  {}\n"
                          "unknown       {} calls without an answer\n"
                          "interrupted   {} tasks ended outcome_unknown, as they must\n"
                          "lost          {}\n"
                          "torn          {}\n"
                          "doubled       {}\n"
                          "reopen        {:.0f} / {:.0f} / {:.0f} ms (least, mean, most)\n",
                          to_string(how.by), report.rounds, how.rounds, report.deaths, found.acknowledged,
                          found.unknown, found.interrupted, found.lost, found.torn, found.doubled,
                          1e3 * reopen.least, 1e3 * reopen.mean, 1e3 * reopen.most);
  if (report.open)
    text += fmt::format("open          {} runs at each death, at least\n", *report.open);
  for (auto& what : found.examples)
    text += "  " + what + "\n";
  if (!report.broken.empty())
    text += "broken off    " + report.broken + "\n";
  return text + fmt::format("again         ./dev chaos --mode {} --rounds {} --seed {}{}\n",
                            to_string(how.by), how.rounds, how.seed,
                            how.work.open > 0 ? fmt::format(" --runs {}", how.work.open) : "");
}

std::string to_json(const campaign_options& how, const campaign_report& report) {
  auto& found = report.found;
  auto reopen = of(report.reopen_s);
  return fmt::format(
      "{{\"mode\":\"{}\",\"seed\":{},\"rounds\":{},\"deaths\":{},\"acknowledged\":{},\"unknown\":{},"
      "\"interrupted\":{},\"lost\":{},\"torn\":{},\"doubled\":{},\"reopen_ms\":{{\"least\":{:.1f},"
      "\"mean\":{:.1f},\"most\":{:.1f}}},\"open\":{},\"broken_off\":{}}}\n",
      to_string(how.by), how.seed, report.rounds, report.deaths, found.acknowledged, found.unknown,
      found.interrupted, found.lost, found.torn, found.doubled, 1e3 * reopen.least, 1e3 * reopen.mean,
      1e3 * reopen.most, report.open.value_or(0), !report.broken.empty());
}

} // namespace troupe::chaos
