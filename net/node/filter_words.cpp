// FILTER WORDS: options -> filter.

#include <sstream>
#include <troupe/net/node/filter_words.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/unix_time.hpp>

namespace troupe {

std::vector<cli_option> filter_options() {
  return {
      {"--status", &cli_arguments::status, "One of these, e.g. running,failed,parked"},
      {"--title", &cli_arguments::title, "Name of the workflow or task; `order*` = begins with"},
      {"--by", &cli_arguments::principal, "Started by this principal"},
      {"--parent", &cli_arguments::parent_ref, "Waited for by this run or task, a ref"},
      {"--tenant", &cli_arguments::tenant, "Of this tenant"},
      {"--reason", &cli_arguments::note, "With this in its reason"},
      {"--from", &cli_arguments::from, "Created then or later, e.g. 2026-01-31T12:00:00Z"},
      {"--to", &cli_arguments::to, "Created before"},
      {"--ended-from", &cli_arguments::ended_from, "Ended then or later"},
      {"--ended-to", &cli_arguments::ended_to, "Ended before"},
  };
}

caf::expected<int64_t> read_moment(std::string_view option, const std::string& text) {
  if (text.empty())
    return 0;
  auto moment = read_unix_ms(text);
  if (!moment)
    return make_error(ec::invalid_argument, fmt::format("{}: {}", option, text_of(moment.error())));
  return *moment;
}

caf::expected<RunFilter> read_filter(const cli_arguments& said) {
  RunFilter filter;
  std::istringstream statuses{said.status};
  for (std::string one; std::getline(statuses, one, ',');)
    filter.add_status(one);
  filter.set_title(said.title);
  filter.set_principal(said.principal);
  filter.set_parent(said.parent_ref);
  filter.set_tenant(said.tenant);
  filter.set_reason(said.note);
  struct bound {
    std::string_view option;
    const std::string& text;
    void (RunFilter::*set)(int64_t);
  };
  for (auto& one : {bound{"--from", said.from, &RunFilter::set_created_from_ms},
                    bound{"--to", said.to, &RunFilter::set_created_to_ms},
                    bound{"--ended-from", said.ended_from, &RunFilter::set_ended_from_ms},
                    bound{"--ended-to", said.ended_to, &RunFilter::set_ended_to_ms}}) {
    auto moment = read_moment(one.option, one.text);
    if (!moment)
      return std::move(moment.error());
    (filter.*one.set)(*moment);
  }
  return filter;
}

} // namespace troupe
