// ROLLOUT: looks at open runs.
// Invariant: what a look has noted was answered by the runs; what it could not note is asked again by the next.

#include <fmt/format.h>
#include <troupe/actors/workflow/rollout.hpp>
#include <troupe/runtime/utf8.hpp>
#include <troupe/runtime/workflow_limits.hpp>
#include <vector>

namespace troupe {
namespace {

// The run itself will not say anything else, however often it is asked.
bool stays(ec code) {
  switch (code) {
  case ec::overloaded:
  case ec::timeout:
  case ec::unavailable:
  case ec::outcome_unknown:
  case ec::disk_full:
  case ec::read_only:
    return false;
  default:
    return true;
  }
}

std::string reason_of(const caf::error& why) {
  return std::string{cut_utf8(text_of(why), limits::catalog_text_bytes)};
}

} // namespace

// Of a look: what it has not noted yet.
struct rollout::tally {
  uint64_t revision = 0;
  int64_t moved_from_ms = 0;  // who went on earlier was counted before
  int64_t stayed_from_ms = 0; // who began earlier was counted before
  CatalogEvent::RolledOut noted;
  size_t runs = 0;
  bool failed = false; // somebody has to be asked again
};

void rollout::due(const TimerDue& due) {
  auto& at = what_.book->catalog.rollout();
  if (!what_.book->is_due(due) || (look_ && looks_for_ == at.revision()))
    return;
  auto current = what_.book->find(0);
  auto definition = what_.definition_of(*current);
  auto& log = what_.outside->log;
  if (!definition) {
    log.for_entity(what_.book->catalog.workflow())
        .warning("open runs are looked at later", {{"reason", describe(definition.error())}});
    return;
  }
  FollowRevision question;
  auto& upgrade = *question.mutable_upgrade();
  *upgrade.mutable_definition() = std::move(*definition);
  upgrade.set_revision(at.revision());
  upgrade.mutable_context()->set_principal(current->by());
  question.set_published_ms(at.published_ms());
  auto so_far = std::make_shared<tally>();
  so_far->revision = at.revision();
  so_far->moved_from_ms = at.looked_ms() == 0 ? at.published_ms() : at.looked_ms() + 1;
  so_far->stayed_from_ms = at.looked_ms() == 0 ? 0 : at.published_ms() + 1;
  open_runs::wishes more;
  more.shard = at.shards();
  more.rest = [this] {
    look_rests_ = true;
    what_.rest();
  };
  more.answered = [=, this](auto& run, auto& answer) { answered(*so_far, run, answer); };
  more.looked = [=, this](uint32_t shards) { looked(*so_far, shards); };
  more.over = [=, this](const caf::error& failed) {
    look_.reset();
    if (failed || so_far->failed)
      what_.outside->log.for_entity(what_.book->catalog.workflow())
          .warning("open runs are looked at again later",
                   {{"reason", failed ? describe(failed) : "some could not answer"}});
  };
  stop_look();
  look_ = ask_all(question, std::move(more));
  looks_for_ = at.revision();
  auto look = look_; // it may be over at once
  look->go_on();
}

void rollout::stop_look() {
  if (look_)
    look_->stop();
  look_.reset();
  look_rests_ = false;
}

std::shared_ptr<open_runs> rollout::ask_all(const FollowRevision& question, open_runs::wishes more) {
  more.self = what_.self;
  more.rows = what_.outside->rows;
  more.names = what_.outside->names;
  more.workflow = what_.book->catalog.workflow();
  more.question = question;
  return std::make_shared<open_runs>(std::move(more));
}

void rollout::answered(tally& so_far, const WorkSummary& run, const caf::expected<RunFollows>& answer) {
  ++so_far.runs;
  if (answer) {
    if (answer->revision() >= so_far.revision && answer->upgraded_ms() >= so_far.moved_from_ms)
      so_far.noted.set_moved(so_far.noted.moved() + 1);
    return;
  }
  auto log = what_.outside->log.for_entity(run.ref());
  if (!stays(code_of(answer.error()))) {
    so_far.failed = true;
    log.info("the run is asked again to follow its workflow", {{"reason", describe(answer.error())}});
    return;
  }
  if (run.created_ms() < so_far.stayed_from_ms)
    return;
  log.info("the run stays with its revision", {{"reason", describe(answer.error())}});
  so_far.noted.set_stayed(so_far.noted.stayed() + 1);
  if (so_far.noted.staying_size() < limits::rollout_staying) {
    auto* one = so_far.noted.add_staying();
    one->set_run(run.ref());
    one->set_reason(reason_of(answer.error()));
  }
}

// What follows a shard in which somebody has to be asked again is not noted: all of it is asked again, and counted then.
void rollout::looked(tally& so_far, uint32_t shards) {
  if (what_.book->catalog.rollout().revision() != so_far.revision)
    return stop_look(); // another revision is current
  if (so_far.failed || (shards < limits::shards && so_far.runs < limits::rollout_noted))
    return;
  NoteRollout note;
  *note.mutable_rolled_out() = std::move(so_far.noted);
  note.mutable_rolled_out()->set_revision(so_far.revision);
  note.mutable_rolled_out()->set_shards(shards);
  so_far.noted.Clear();
  so_far.runs = 0;
  what_.note(note);
}

void rollout::check(WorkflowDefinition definition, int64_t now_ms, std::function<void(caf::error)> then) {
  auto name = definition.name();
  if (check_)
    return then(make_error(ec::overloaded, fmt::format("another revision of {} is about to be published, and "
                                                       "its open runs are asked; repeat in a second",
                                                       name)));
  FollowRevision question;
  auto& upgrade = *question.mutable_upgrade();
  *upgrade.mutable_definition() = std::move(definition);
  upgrade.set_revision(what_.book->newest() + 1);
  upgrade.set_check_only(true);
  question.set_published_ms(now_ms);
  auto against = std::make_shared<std::vector<std::string>>();
  auto silent = std::make_shared<caf::error>(); // why somebody could not be asked
  open_runs::wishes more;
  more.most = limits::rollout_checked;
  more.rest = [this] {
    check_rests_ = true;
    what_.rest();
  };
  more.answered = [=](auto& run, auto& answer) {
    if (!answer && !stays(code_of(answer.error())))
      *silent = make_error(code_of(answer.error()), fmt::format("{} cannot be asked whether it could follow: {}",
                                                                run.ref(), reason_of(answer.error())));
    else if (!answer)
      against->push_back(fmt::format("{} ({})", run.ref(), reason_of(answer.error())));
  };
  more.looked = [](uint32_t) {};
  more.over = [=, this](const caf::error& failed) {
    check_.reset();
    if (code_of(failed) == ec::overloaded)
      return then(make_error(
          ec::overloaded,
          fmt::format(
              "{} of {}, and each has to be asked whether it can follow: wait until some have ended, or "
              "let them follow where they can with `troupe workflow policy {} auto`",
              text_of(failed), name, name)));
    if (failed || against->empty())
      return then(failed ? failed : *silent);
    auto all = against->size();
    against->resize(std::min(all, limits::rollout_refusal));
    then(make_error(
        ec::conflict,
        fmt::format("{} open run{} could not follow: {}{}; let them end first, or stay with `troupe "
                    "workflow policy {} auto`",
                    all, all == 1 ? "" : "s", fmt::join(*against, ", "), all > against->size() ? ", ..." : "",
                    name)));
  };
  check_ = ask_all(question, std::move(more));
  auto asked = check_; // it may be over at once
  asked->go_on();
}

void rollout::go_on() {
  auto look = look_, asked = check_; // they may end meanwhile
  if (std::exchange(look_rests_, false) && look)
    look->go_on();
  if (std::exchange(check_rests_, false) && asked)
    asked->go_on();
}

} // namespace troupe
