// PLAN: [worker_api] -> where and whom.
// Invariant: what listens off loopback has certificates on both sides.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/net/worker/plan.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/host_port.hpp>
#include <troupe/runtime/rule_text.hpp>
#include <troupe/runtime/worker_limits.hpp>

namespace troupe {

caf::expected<std::optional<worker_plan>> plan_workers(const config& settings) {
  auto& said = settings.worker_api;
  auto refuse = [](std::string why) {
    return make_error(ec::invalid_argument, "[worker_api] " + std::move(why));
  };
  if (said.address.empty())
    return std::optional<worker_plan>{};
  auto where = parse_host_port(said.address);
  if (!where)
    return refuse(fmt::format("address: '{}' is no HOST:PORT", said.address));
  worker_plan plan;
  plan.address = said.address;
  plan.lease = std::chrono::seconds{said.lease_seconds};
  auto given = !said.certificate.empty() + !said.key.empty() + !said.authority.empty();
  if (given != 0 && given != 3)
    return refuse("certificate, key and authority belong together: give all three or none");
  if (given == 0 && !is_loopback(where->host))
    return refuse(fmt::format("address: {} is not loopback, so certificate, key and authority are needed; or "
                              "listen on 127.0.0.1",
                              said.address));
  if (!trimmed(said.principals).empty())
    for (auto uri : parts_of(said.principals, ';')) {
      if (uri.find(':') == std::string_view::npos || uri.find(' ') != std::string_view::npos)
        return refuse(fmt::format("principals: '{}' is no URI", uri));
      plan.principals.emplace(uri);
    }
  if (plan.principals.size() > limits::worker_principals)
    return refuse(fmt::format("principals: more than {}", limits::worker_principals));
  if (given == 3 && plan.principals.empty())
    return refuse("principals: with certificates, name the URIs of those that may work");
  if (given == 0 && !plan.principals.empty())
    return refuse("principals are of certificates, and there are none");
  if (given == 3)
    plan.files = link_files{said.certificate, said.key, said.authority};
  return std::optional{std::move(plan)};
}

} // namespace troupe
