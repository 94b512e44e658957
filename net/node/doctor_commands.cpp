// DOCTOR COMMANDS: looks at a store that no node has open: files first, then all that is in them.

#include <fmt/format.h>
#include <troupe/net/node/command.hpp>
#include <troupe/net/node/storage.hpp>
#include <troupe/net/node/views.hpp>
#include <troupe/persistence/doctor.hpp>
#include <troupe/persistence/rocksdb/checkup.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

// Those of a shared store are the server's.
caf::expected<checkup> look_at_files(const config& settings, bool accept_loss) {
  if (!is_shared(settings))
    return check_files(settings.node.data_directory, accept_loss);
  checkup seen;
  seen.health.set_sound(true);
  seen.opens = true;
  return seen;
}

caf::expected<StoreHealth> examine(const config& settings, const cli_arguments& said) {
  auto seen = look_at_files(settings, said.accept_loss);
  if (!seen)
    return std::move(seen.error());
  auto health = std::move(seen->health);
  if (!seen->opens)
    return health;
  auto rows = open_store(settings, {.warn = {}, .accept_loss = said.accept_loss});
  if (!rows)
    return std::move(rows.error());
  auto objects = open_objects(settings, **rows);
  if (!objects)
    return std::move(objects.error());
  auto inside = check_rows(**rows, known_kinds(), said.repair, objects->get());
  if (!inside)
    return std::move(inside.error());
  auto files_sound = health.sound();
  for (auto& one : *inside->mutable_findings())
    add_finding(health, std::move(one));
  inside->clear_findings();
  inside->set_sound(inside->sound() && files_sound);
  health.MergeFrom(*inside);
  return health;
}

void add(StoreHealth& all, StoreHealth&& more) {
  for (auto& one : *more.mutable_findings())
    add_finding(all, std::move(one));
  all.set_findings_left_out(all.findings_left_out() + more.findings_left_out());
  all.set_sound(all.sound() && more.sound());
  all.set_events(all.events() + more.events());
  all.set_entities(all.entities() + more.entities());
  all.set_snapshots(all.snapshots() + more.snapshots());
  all.set_rows(all.rows() + more.rows());
  if (!more.store().empty())
    all.set_store(all.store() + " and " + more.store());
}

caf::expected<int> doctor(cli_session& at) {
  auto settings = at.offline_config();
  if (!settings)
    return std::move(settings.error());
  auto health = examine(*settings, at.said());
  if (!health)
    return std::move(health.error());
  if (is_available(*settings)) {
    auto own = examine(own_store_of(*settings), at.said());
    if (!own)
      return std::move(own.error());
    add(*health, std::move(*own));
  }
  at.show(*health, show(*health, at.how()));
  return health->sound() ? 0 : info(ec::corrupt).exit_code;
}

} // namespace

std::string show(const StoreHealth& health, const text_look& how) {
  text_table table{{"WHERE", "WHAT", "WHAT TO DO"}};
  for (auto& one : health.findings()) {
    auto tone = !one.damage() ? text_tone::plain : one.repaired() ? text_tone::good : text_tone::bad;
    table.add({one.place(), {one.meaning(), tone}, one.remedy()});
  }
  auto text = health.findings_size() > 0 ? table.show(how) + "\n" : std::string{};
  if (health.findings_left_out() > 0)
    text += fmt::format("and {} more\n\n", health.findings_left_out());
  if (!health.store().empty())
    text +=
        fmt::format("store {}: {} events of {} entities, {} snapshots, {} index and timer rows\n",
                    health.store(), health.events(), health.entities(), health.snapshots(), health.rows());
  else
    text += "events and rows were not looked at: the files cannot be opened as they are\n";
  return text +
         (health.sound() ? paint("sound", text_tone::good, how) : paint("damaged", text_tone::bad, how)) +
         "\n";
}

std::vector<cli_command> doctor_commands() {
  return {{"doctor",
           "Check a store that no node has open, and explain",
           {{"--config", &cli_arguments::config, "TOML file of the node"},
            {"--repair", &cli_arguments::repair, "Make index and timer rows anew and drop bad snapshots"},
            {"--accept-loss", &cli_arguments::accept_loss,
             "Go on with what is left of a log; what is missing stays lost"}},
           doctor,
           "troupe help doctor"}};
}

} // namespace troupe
