// Seeds that once found something. They stay; when a workload changes, a seed tells another story, and its line still
// says what was found.
#define CAF_SUITE sim.seeds
#include <caf/test/unit_test.hpp>
#include <tests/simulator/world.hpp>

using namespace troupe;

namespace {

struct old_find {
  uint64_t seed;
  std::string_view workload;
  std::string_view found;
};

constexpr old_find finds[] = {
    {2, "tasks", "a tool that hangs kept its sleeping agent alive, and with it the node that was to end"},
    {11, "retention", "whoever was killed while awake counted as awake for ever, and was never erased"},
    {62, "seals", "the same, with its host"},
    {6, "passivation",
     "what reached the disk after its entity had died with the host had timers nobody knew of"},
    {24, "passivation",
     "an agent that died with its host before it heard how its task ended kept the slot for ever"},
    {26, "passivation",
     "an agent at work whose host died while it asked it to sleep lived on beside its successor"},
    {818, "timers",
     "a row written between the first look of new timers and their being known was never fired"},
    {90, "supervision", "the judge forgot the rules of a supervisor that had started anew: a false alarm"},
    {357, "supervision",
     "the judge took a death in a supervisor that had given up for a restart: a false alarm"},
    {2559, "payloads",
     "who died of a failed write when he had been asked to sleep was never waked: his name stayed held"},
    {1, "workflows", "what undoes a step inside of a map read its item, which was gone: the node ended"},
    {5, "workflows", "a signal for a step of a block that a task had returned was refused"},
    {53, "workflows",
     "the start of a child was never sent again: a crash in between left its step at work for ever"},
    {9, "workflows",
     "a pause that was refused first and repeated held a run, and nobody knew: a false alarm"},
    {69, "workflows", "a pause's timer that came twice began a round too many"},
    {3299, "workflows",
     "who told the end of a task that had left with its block was never answered, and kept its slot"},
    {3314, "workflows", "a signal for a step of a returned block that had ended was refused"},
    {12, "workflows", "two broken steps side by side wrote one trail in any order: a false alarm"},
    {171, "workflows", "a quorum of broken steps failed while one of them was at work: a false alarm"},
    {5545, "counters", "who was in quarantine at the end was asked, and nobody had ended it: a false alarm"},
};

} // namespace

CAF_TEST(what once found something finds it no more) {
  for (auto& one : finds) {
    auto report = live_through(one.seed, *find_workload(one.workload));
    for (auto& [law, text] : report.laws)
      CAF_ERROR("seed " << one.seed << " (" << std::string{one.found} << "): " << law << ": " << text);
    CAF_CHECK(report.laws.empty());
  }
}
