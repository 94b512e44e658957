// CONTROL LOG: level and decisions.

#include <troupe/net/node/control_log.hpp>

namespace troupe {

void log_control(control_hooks& hooks, const logger& log) {
  hooks.set_log_level = [log](const std::string& name) -> caf::error {
    auto level = parse_log_level(name);
    if (!level)
      return level.error();
    log.set_lowest(*level);
    return {};
  };
  hooks.decided = [log](std::string_view method, const std::string& principal, const std::string& trace,
                        const caf::error& refusal) {
    if (refusal)
      log.for_trace(trace).warning(
          "call refused", {{"method", method}, {"principal", principal}, {"reason", describe(refusal)}});
    else
      log.for_trace(trace).debug("call", {{"method", method}, {"principal", principal}});
  };
}

} // namespace troupe
