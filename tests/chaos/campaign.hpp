// CAMPAIGN: rounds of load, death and comparison.
#pragma once

#include <tests/chaos/load.hpp>

namespace troupe::chaos {

/// What ends a node.
enum class death {
  kill,   ///< kill -9: what reached the kernel survives
  power,  ///< a power cut: only what was synced survives
  nosync, ///< a power cut of a node that does not sync; it must lose
};

/// One campaign.
struct campaign_options {
  std::string node;  ///< the program troupe_chaos_node
  std::string place; ///< a directory for all it writes
  death by = death::kill;
  unsigned rounds = 10;
  uint64_t seed = 1;
  load_options work;
};

/// What came of it.
struct campaign_report {
  findings found;
  unsigned rounds = 0;
  unsigned deaths = 0;          ///< those during start and recovery included
  std::optional<size_t> open;   ///< journeys that were open when a node died under load, at least
  std::vector<double> reopen_s; ///< from the start of a process to its first answer
  std::string broken;           ///< why the campaign could not go on; empty = it did
};

/// Runs it. The same seed gives the same decisions; which call a kill hits is up to the machine.
campaign_report run_campaign(const campaign_options& how);

/// The report for people, and for programs.
std::string show(const campaign_options& how, const campaign_report& report);
std::string to_json(const campaign_options& how, const campaign_report& report);

/// The name, as on the command line; death_from() reads it.
std::string_view to_string(death by);
std::optional<death> death_from(std::string_view name);

} // namespace troupe::chaos
