// PUBLISHED RUN: look whether the run exists, else choose a revision, then start it.
// Invariant: no run begins of a revision that is not on disk, for it is asked for like by anybody else.

#include <fmt/format.h>
#include <troupe/actors/workflow/published_run.hpp>
#include <troupe/actors/workflow/run/values.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

// Repeating the same will not help; anything else may be over when the parent asks again.
bool will_stay(ec code) {
  switch (code) {
  case ec::invalid_argument:
  case ec::not_found:
  case ec::already_exists:
  case ec::permission_denied:
  case ec::conflict:
  case ec::invalid_workflow:
    return true;
  default:
    return false;
  }
}

class beginner : public std::enable_shared_from_this<beginner> {
public:
  explicit beginner(run_beginning what) : what_{std::move(what)} {}

  void begin() {
    auto here = parse_ref(what_.workflow), run = parse_ref(what_.wanted.run());
    if (!run || run->kind != "run" || run->tenant != here->tenant)
      return refuse(make_error(ec::invalid_argument, fmt::format("'{}' is no run: write {}/run/ID",
                                                                 what_.wanted.run(), here->tenant)));
    name_ = here->key;
    look();
  }

private:
  template <class Answer, class Question, class Then>
  void ask(const std::string& to, Question question, Then then,
           void (beginner::*otherwise)(const caf::error&)) {
    *question.mutable_context() = what_.wanted.context();
    question.mutable_context()->clear_command_id(); // the run's name makes a repeat harmless
    auto last_ms = what_.time->now_ms() + limits::request_timeout.count();
    if (auto wanted_ms = question.context().deadline_ms(); wanted_ms == 0 || wanted_ms > last_ms)
      question.mutable_context()->set_deadline_ms(last_ms); // nobody waits longer
    troupe::ask<Answer>(what_.self, *what_.names, to, limits::request_timeout, std::move(question))
        .then([=, me = shared_from_this()](const Answer& answer) { then(answer); },
              [=, me = shared_from_this()](const caf::error& why) { (me.get()->*otherwise)(why); });
  }

  void look() {
    ask<RunDescription>(
        what_.wanted.run(), GetRun{}, [this](const RunDescription& found) { repeat(found.state()); },
        &beginner::look_failed);
  }
  void look_failed(const caf::error& why) {
    if (code_of(why) != ec::not_found)
      return refuse(why);
    look_up();
  }
  void look_up() {
    GetWorkflow wanted;
    wanted.set_revision(what_.wanted.revision());
    ask<PublishedWorkflow>(
        what_.workflow, std::move(wanted), [this](const PublishedWorkflow& found) { choose(found); },
        &beginner::refuse);
  }

  void repeat(const RunState& found) {
    auto wanted = what_.wanted.revision();
    if (found.revision() == 0 || found.definition().name() != name_)
      return refuse(make_error(ec::already_exists,
                               fmt::format("{} exists and is no run of {}", what_.wanted.run(), name_)));
    if (wanted != 0 && wanted != found.revision() && wanted != found.first_revision())
      return refuse(make_error(ec::already_exists, fmt::format("{} exists and is of revision {}",
                                                               what_.wanted.run(), found.revision())));
    start(found.definition(), found.revision());
  }

  void choose(const PublishedWorkflow& found) {
    auto& revision = found.revision();
    if (what_.wanted.revision() == 0 && revision.number() != what_.newest())
      return look_up(); // another one was published meanwhile
    if (found.workflow().archived())
      return refuse(make_error(
          ec::conflict,
          fmt::format("{} is archived; `troupe workflow archive {} --undo` opens it again", name_, name_)));
    if (!revision.deprecated().empty())
      return refuse(
          make_error(ec::conflict, fmt::format("revision {} of {} is deprecated: {}; see `troupe workflow "
                                               "versions {}`",
                                               revision.number(), name_, revision.deprecated(), name_)));
    start(found.definition(), revision.number());
  }

  void start(const WorkflowDefinition& definition, uint64_t revision) {
    StartWorkflow start;
    *start.mutable_definition() = definition;
    start.set_revision(revision);
    start.set_current(what_.wanted.revision() == 0);
    *start.mutable_inputs() = what_.wanted.inputs();
    for (auto& field : what_.wanted.offered())
      if (takes_input(definition, field.name()))
        *start.add_inputs() = field;
    start.set_priority(what_.wanted.priority());
    start.set_parent(what_.wanted.parent());
    start.set_parent_key(what_.wanted.parent_key());
    ask<WorkflowAccepted>(
        what_.wanted.run(), std::move(start),
        [this](const WorkflowAccepted& answer) { what_.accepted(answer); }, &beginner::start_failed);
  }
  void start_failed(const caf::error& why) {
    // Somebody else may have begun it since we looked, of the revision that was current then.
    if (code_of(why) == ec::already_exists && !looked_again_) {
      looked_again_ = true;
      return look();
    }
    refuse(why);
  }

  void refuse(const caf::error& why) {
    if (!what_.wanted.parent().empty() && will_stay(code_of(why))) {
      ChildEnded ended;
      *ended.mutable_context() = what_.wanted.context();
      ended.mutable_context()->clear_command_id();
      ended.set_parent_key(what_.wanted.parent_key());
      *ended.mutable_outcome()->mutable_failure() = to_failure(why);
      ended.set_child(what_.wanted.run());
      what_.names->tell(what_.wanted.parent(), std::move(ended));
    }
    what_.refused(why);
  }

  run_beginning what_;
  std::string name_;
  bool looked_again_ = false;
};

} // namespace

void begin(run_beginning what) {
  std::make_shared<beginner>(std::move(what))->begin();
}

} // namespace troupe
