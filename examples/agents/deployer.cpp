// DEPLOYER: an environment is a folder. Releases are folders in it, and what gets the traffic is a symbolic link.
// Invariant: a link is replaced at once, never away; what a plan has seen is all that a rollback needs.
//
//     releases/VERSION   the files of one commit        current     -> blue, green or releases/VERSION: gets the traffic
//     blue, green        -> a release                   canary      -> a release: gets the share that stands in `weights`
//     replicas/1 to 3    -> a release                   deployed.json  what was recorded last

#include "skills.hpp"

#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/utf8.hpp>

namespace troupe::crew {
namespace {

namespace fs = std::filesystem;
using audit::json;
using audit::json_list;
using audit::json_object;
using audit::member;
using audit::write_json;

constexpr std::array links{"current", "blue", "green", "canary", "replicas/1", "replicas/2", "replicas/3"};
constexpr int replicas = 3;
constexpr std::array environments{"staging", "production"};
constexpr std::array strategies{"blue-green", "canary", "rolling"};
constexpr std::chrono::seconds health_limit{10};

template <class Allowed>
caf::error check_word(const Allowed& allowed, const std::string& word, std::string_view what) {
  if (std::find(allowed.begin(), allowed.end(), word) != allowed.end())
    return {};
  return make_error(ec::invalid_argument,
                    fmt::format("'{}' is no {}; allowed are {}", word, what, fmt::join(allowed, ", ")));
}

std::string link_at(const fs::path& path) {
  std::error_code none;
  return fs::read_symlink(path, none).string();
}

caf::error set_link(const fs::path& path, const std::string& target) {
  std::error_code failed;
  fs::create_directories(path.parent_path(), failed);
  if (target.empty()) {
    fs::remove(path, failed);
  } else {
    auto fresh = path;
    fresh += ".new";
    fs::remove(fresh, failed);
    fs::create_symlink(target, fresh, failed);
    if (!failed)
      fs::rename(fresh, path, failed);
  }
  return failed
             ? make_error(ec::tool_failed, fmt::format("cannot link {}: {}", path.string(), failed.message()))
             : caf::error{};
}

std::string release_seen_from(std::string_view link, const std::string& version) {
  return (link.find('/') == std::string_view::npos ? "releases/" : "../releases/") + version;
}

/// A plan that a run has kept, and the environment it is about.
struct planned {
  json plan;
  fs::path environment;
  std::string version;
  std::string strategy;
  std::string slot;

  fs::path release() const {
    return environment / "releases" / version;
  }
  std::string before(std::string_view link) const {
    auto* all = member(plan, "before");
    return all ? text_in(*all, link) : std::string{};
  }
  caf::error point(std::string_view link, const std::string& target) const {
    return set_link(environment / link, target);
  }
  caf::error to_release(std::string_view link) const {
    return point(link, release_seen_from(link, version));
  }
  caf::error weigh(int64_t canary) const {
    return put_file(environment / "weights", fmt::format("stable {}\ncanary {}\n", 100 - canary, canary));
  }
};

caf::expected<planned> read_plan(const workspace& at, const job& what) {
  auto plan = what.tree("plan");
  if (!plan)
    return std::move(plan.error());
  planned result;
  auto environment = text_in(*plan, "environment");
  if (auto wrong = check_word(environments, environment, "environment"))
    return wrong;
  auto folder = at.folder({"deployments", text_in(*plan, "application"), environment});
  auto releases =
      folder ? at.folder({"deployments", text_in(*plan, "application"), environment, "releases"}) : folder;
  if (!releases)
    return std::move(releases.error());
  result.environment = *folder;
  result.version = text_in(*plan, "version");
  result.strategy = text_in(*plan, "strategy");
  result.slot = text_in(*plan, "slot");
  if (check_name(result.version) || (result.slot != "blue" && result.slot != "green"))
    return make_error(ec::invalid_argument, "plan is none that deploy.plan has made");
  result.plan = std::move(*plan);
  return result;
}

caf::expected<program_end> check_health(const planned& at) {
  if (std::error_code none; !fs::is_directory(at.release(), none))
    return make_error(ec::not_found, fmt::format("{} is not installed", at.version));
  if (std::error_code none; !fs::exists(at.release() / "ci/health.sh", none))
    return program_end{0, false, "this release has no ci/health.sh"};
  auto ended = run_program(
      {{"sh", "ci/health.sh"},
       at.release(),
       health_limit,
       {"TROUPE_ENVIRONMENT=" + text_in(at.plan, "environment"), "TROUPE_VERSION=" + at.version}});
  if (ended && ended->timed_out)
    ended->code = 1;
  return ended;
}

caf::error require_health(const planned& at, const std::string& where) {
  auto health = check_health(at);
  if (!health)
    return std::move(health.error());
  if (health->code == 0)
    return {};
  return make_error(ec::action_failed, fmt::format("{} is not well with {}: {}", where, at.version,
                                                   cut_utf8(clean_utf8(health->output), 200)));
}

caf::error make_release(const workspace& at, const planned& it) {
  auto commit = text_in(it.plan, "commit");
  auto mark = it.environment / "releases" / ("." + it.version);
  if (auto there = get_file(mark); !there.empty() && fs::exists(it.release()))
    return there == commit ? caf::error{}
                           : make_error(ec::conflict,
                                        fmt::format("{} is a release of {} already; a version is one commit",
                                                    it.version, there));
  auto project = at.project(text_in(it.plan, "application"));
  if (!project)
    return std::move(project.error());
  passing_folder fresh{at.scratch()};
  if (auto failed = at.export_commit(*project, commit, fresh.path))
    return failed;
  std::error_code failed;
  fs::remove_all(it.release(), failed);
  fs::rename(fresh.path, it.release(), failed);
  if (failed)
    return make_error(ec::tool_failed, fmt::format("cannot install {}: {}", it.version, failed.message()));
  return put_file(mark, commit);
}

} // namespace

caf::expected<std::string> plan_deployment(workspace& at, const job& what) {
  auto environment = what.text("environment"), strategy = what.text("strategy"),
       version = what.text("version");
  if (auto wrong = check_word(environments, environment, "environment"))
    return wrong;
  if (auto wrong = check_word(strategies, strategy, "strategy"))
    return wrong;
  auto project = at.project(what.text("applicationName"));
  if (!project)
    return std::move(project.error());
  auto source = what.text("sourceCommit").empty() ? what.text("sourceBranch") : what.text("sourceCommit");
  auto commit = at.commit(*project, source);
  if (!commit)
    return commit;
  if (auto wrong = check_name(version))
    return wrong;
  auto folder = at.folder({"deployments", what.text("applicationName"), environment});
  if (!folder)
    return std::move(folder.error());
  json_object before;
  for (std::string link : links)
    before.emplace_back(link, link_at(*folder / link));
  std::error_code none;
  auto current = fs::canonical(*folder / "current", none);
  return write_json(
      json_object{{"application", what.text("applicationName")},
                  {"before", std::move(before)},
                  {"commit", *commit},
                  {"environment", environment},
                  {"fresh", !fs::exists(*folder / "releases" / version, none)},
                  {"previous", none || current.empty() ? std::string{} : current.filename().string()},
                  {"replicas", json_list{1, 2, 3}},
                  {"slot", link_at(*folder / "current") == "blue" ? "green" : "blue"},
                  {"strategy", strategy},
                  {"version", version}});
}

caf::expected<std::string> install_release(workspace& at, const job& what) {
  std::lock_guard turn{at.turn()};
  auto it = read_plan(at, what);
  if (!it)
    return std::move(it.error());
  for (std::string link : links)
    if (auto now = link_at(it->environment / link);
        now != it->before(link) && !(link == it->slot && now == release_seen_from(link, it->version)))
      return make_error(
          ec::conflict,
          fmt::format("`{}` is another one than when this was planned: {} now, {} then; start anew", link,
                      now.empty() ? "nothing" : now,
                      it->before(link).empty() ? "nothing" : it->before(link)));
  if (auto failed = make_release(at, *it))
    return failed;
  if (it->strategy == "blue-green")
    if (auto failed = it->to_release(it->slot))
      return failed;
  return write_json(
      json_object{{"installed", it->version}, {"slot", it->strategy == "blue-green" ? it->slot : ""}});
}

caf::expected<std::string> switch_slots(workspace& at, const job& what) {
  std::lock_guard turn{at.turn()};
  auto it = read_plan(at, what);
  if (!it)
    return std::move(it.error());
  if (auto ill = require_health(*it, it->slot))
    return ill;
  if (auto failed = it->point("current", it->slot))
    return failed;
  return write_json(json_object{{"current", it->slot}, {"version", it->version}});
}

caf::expected<std::string> shift_traffic(workspace& at, const job& what) {
  std::lock_guard turn{at.turn()};
  auto it = read_plan(at, what);
  auto weight = what.tree("weight");
  if (!it || !weight)
    return it ? std::move(weight.error()) : std::move(it.error());
  auto* share = weight->as<int64_t>();
  if (!share || *share < 0 || *share > 100)
    return make_error(
        ec::invalid_argument,
        fmt::format("weight is '{}'; a whole number from 0 to 100 is needed", what.text("weight")));
  if (auto failed = it->to_release("canary"))
    return failed;
  if (auto failed = it->weigh(*share))
    return failed;
  return write_json(json_object{{"version", it->version}, {"weight", *share}});
}

caf::expected<std::string> replace_replica(workspace& at, const job& what) {
  std::lock_guard turn{at.turn()};
  auto it = read_plan(at, what);
  auto replica = what.tree("replica");
  if (!it || !replica)
    return it ? std::move(replica.error()) : std::move(it.error());
  auto* number = replica->as<int64_t>();
  if (!number || *number < 1 || *number > replicas)
    return make_error(ec::invalid_argument,
                      fmt::format("replica is '{}'; there are 1 to {}", what.text("replica"), replicas));
  auto link = fmt::format("replicas/{}", *number);
  if (auto failed = it->to_release(link))
    return failed;
  if (auto ill = require_health(*it, link))
    return ill;
  return write_json(json_object{{"replica", *number}, {"version", it->version}});
}

caf::expected<std::string> sample_health(workspace& at, const job& what) {
  auto it = read_plan(at, what);
  if (!it)
    return std::move(it.error());
  auto health = check_health(*it);
  if (!health)
    return std::move(health.error());
  return write_json(json_object{{"ok", health->code == 0},
                                {"said", std::string{cut_utf8(clean_utf8(health->output), 200)}},
                                {"version", it->version}});
}

caf::expected<std::string> record_deployment(workspace& at, const job& what) {
  std::lock_guard turn{at.turn()};
  auto it = read_plan(at, what);
  if (!it)
    return std::move(it.error());
  if (it->strategy != "blue-green")
    if (auto failed = it->to_release("current"))
      return failed;
  if (auto failed = it->point("canary", ""))
    return failed;
  if (auto failed = it->weigh(0))
    return failed;
  auto record = write_json(json_object{{"application", text_in(it->plan, "application")},
                                       {"commit", text_in(it->plan, "commit")},
                                       {"environment", text_in(it->plan, "environment")},
                                       {"previous", text_in(it->plan, "previous")},
                                       {"strategy", it->strategy},
                                       {"version", it->version}});
  if (auto failed = put_file(it->environment / "deployed.json", record + "\n"))
    return failed;
  return record;
}

caf::expected<std::string> roll_back_deployment(workspace& at, const job& what) {
  std::lock_guard turn{at.turn()};
  auto it = read_plan(at, what);
  if (!it)
    return std::move(it.error());
  for (std::string link : links)
    if (link_at(it->environment / link) != it->before(link))
      if (auto failed = it->point(link, it->before(link)))
        return failed;
  if (auto failed = it->weigh(0))
    return failed;
  auto* fresh = member(it->plan, "fresh");
  if (auto* only_this = fresh ? fresh->as<bool>() : nullptr; only_this && *only_this) {
    std::error_code gone;
    fs::remove_all(it->release(), gone);
    fs::remove(it->environment / "releases" / ("." + it->version), gone);
  }
  return write_json(json_object{{"restored", text_in(it->plan, "previous")}, {"withdrawn", it->version}});
}

} // namespace troupe::crew
