// WORK COMMANDS: runs, lone tasks, dead letters.

#include <fmt/format.h>
#include <troupe/net/node/command.hpp>
#include <troupe/net/node/definition_file.hpp>
#include <troupe/net/node/files.hpp>
#include <troupe/net/node/filter_words.hpp>
#include <troupe/net/node/views.hpp>
#include <troupe/net/node/workflow_templates.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/proto/catalog.pb.h>

namespace troupe {
namespace {

// The exit code of work that has ended.
int exit_code(const RunView& view) {
  auto& outcome = view.is_task() ? view.task().outcome() : view.run().outcome();
  auto over_budget = outcome.failure().code() == static_cast<uint32_t>(ec::budget_exceeded);
  auto failed =
      view.is_task() ? view.task().status() != TASK_COMPLETED : view.run().status() != RUN_COMPLETED;
  return !failed ? 0 : info(over_budget ? ec::budget_exceeded : ec::action_failed).exit_code;
}

// Describes work when it has ended, or after the patience that was asked for.
caf::expected<RunView> describe_end(cli_session& at, control_client& node, const std::string& id) {
  DescribeRun in;
  in.set_id(id);
  in.set_wait(true);
  if (at.said().timeout_s != 0)
    return node.describe(in);
  node.set_patience(limits::door_wait + limits::door_timeout); // the node gives up first and is asked again
  for (;;)
    if (auto view = node.describe(in); view || code_of(view.error()) != ec::timeout)
      return view;
}

caf::expected<int> show_end(cli_session& at, control_client& node, const std::string& id) {
  auto view = describe_end(at, node, id);
  if (!view)
    return std::move(view.error());
  at.show(*view, show(*view, at.how()));
  return exit_code(*view);
}

// What a template runs as children has to be published; whoever has published something of that name is asked no more.
caf::error publish_children(control_client& node, const WorkflowDefinition& definition) {
  for (auto& child : templates_below(definition)) {
    GetWorkflow ask;
    ask.set_workflow(std::string{child.name});
    auto known = node.workflow(ask);
    if (known)
      continue;
    if (code_of(known.error()) != ec::not_found)
      return std::move(known.error());
    auto read = read_template(child.name);
    if (!read)
      return std::move(read.error());
    PublishWorkflow publish;
    *publish.mutable_definition() = std::move(*read);
    publish.set_note(fmt::format("the template {}, for runs of {}", child.name, definition.name()));
    publish.set_source(SOURCE_SYSTEM);
    publish.set_expected(0);
    if (auto published = node.publish(publish); !published && code_of(published.error()) != ec::conflict)
      return std::move(published.error());
  }
  return {};
}

caf::expected<int> start(cli_session& at) {
  auto& said = at.said();
  StartRun in;
  in.set_id(said.id);
  if (!said.file.empty() + !said.definition.empty() + !said.template_name.empty() + !said.workflow.empty() +
          !said.capability.empty() !=
      1)
    return make_error(ec::invalid_argument,
                      "name one of: a --file with a workflow, a --template, a published "
                      "--workflow, a --capability for one task");
  if (said.revision != 0 && said.workflow.empty())
    return make_error(ec::invalid_argument, "a --revision is one of a published --workflow");
  auto is_yaml = said.file.ends_with(".yaml") || said.file.ends_with(".yml");
  if (!said.file.empty() && !is_yaml) { // a message as the control service takes it
    if (auto failed = read_json_file(said.file, *in.mutable_definition()))
      return failed;
  } else if (!said.definition.empty() || is_yaml) {
    auto definition = read_definition_file(is_yaml ? said.file : said.definition);
    if (!definition)
      return std::move(definition.error());
    *in.mutable_definition() = std::move(*definition);
  } else if (!said.template_name.empty()) {
    auto definition = read_template(said.template_name);
    if (!definition)
      return std::move(definition.error());
    *in.mutable_definition() = std::move(*definition);
  } else if (!said.workflow.empty()) {
    in.set_workflow(said.workflow);
    in.set_revision(said.revision);
  } else {
    in.mutable_task()->add_required(said.capability);
    in.mutable_task()->set_title(said.title.empty() ? said.capability : said.title);
  }
  if (auto failed = add_fields(said.inputs, *in.mutable_inputs()))
    return failed;
  auto node = at.node();
  if (!node)
    return std::move(node.error());
  if (!said.template_name.empty())
    if (auto failed = publish_children(**node, in.definition()))
      return failed;
  auto started = (*node)->start(in);
  if (!started)
    return std::move(started.error());
  if (said.wait)
    return show_end(at, **node, started->ref());
  at.show(*started, started->id() + "\n");
  at.hint("follow it: troupe run describe " + started->id() + " --wait");
  return 0;
}

caf::expected<int> list(cli_session& at) {
  ListRuns in;
  in.set_limit(at.said().limit);
  auto filter = read_filter(at.said());
  if (!filter)
    return std::move(filter.error());
  *in.mutable_filter() = std::move(*filter);
  return ask_and_show(at, [&](control_client& node) { return node.runs(in); });
}

caf::expected<int> describe(cli_session& at) {
  auto node = at.node();
  if (!node)
    return std::move(node.error());
  if (at.said().wait)
    return show_end(at, **node, at.said().id);
  DescribeRun in;
  in.set_id(at.said().id);
  auto view = (*node)->describe(in);
  if (!view)
    return std::move(view.error());
  return at.show(*view, show(*view, at.how()));
}

caf::expected<int> history(cli_session& at) {
  auto node = at.node();
  if (!node)
    return std::move(node.error());
  GetHistory in;
  in.set_id(at.said().id);
  History all;
  for (auto more = true; more;) {
    auto page = (*node)->history(in);
    if (!page)
      return std::move(page.error());
    more = page->more() && page->entries_size() > 0;
    if (more)
      in.set_after_seq(page->entries(page->entries_size() - 1).seq());
    all.mutable_entries()->MergeFrom(page->entries());
  }
  return at.show(all, show(all, at.how()));
}

caf::expected<int> cancel(cli_session& at) {
  StopRun in;
  in.set_id(at.said().id);
  in.set_reason(at.said().reason);
  return tell(at, "is cancelled", [&](control_client& node) { return node.cancel(in); });
}

// Completes an answer with the one question that is open.
caf::error find_question(control_client& node, AnswerRun& in) {
  DescribeRun ask;
  ask.set_id(in.id());
  auto view = node.describe(ask);
  if (!view)
    return std::move(view.error());
  auto open = open_questions(*view);
  std::erase_if(open, [&](auto& question) { return !in.step().empty() && question.step != in.step(); });
  if (open.empty())
    return make_error(ec::not_found, in.id() + " asks nothing now");
  if (open.size() > 1)
    return make_error(ec::conflict, fmt::format("{} asks {} questions; name one with --step and --position",
                                                in.id(), open.size()));
  in.set_step(open.front().step);
  in.set_position(open.front().position);
  return {};
}

caf::expected<int> answer(cli_session& at) {
  AnswerRun in;
  in.set_id(at.said().id);
  in.set_step(at.said().step);
  in.set_position(at.said().position);
  in.set_text(at.said().text);
  return tell(at, "has its answer", [&](control_client& node) -> caf::expected<Done> {
    if (in.position().empty())
      if (auto failed = find_question(node, in))
        return failed;
    return node.answer(in);
  });
}

caf::expected<int> resume(cli_session& at) {
  ResumeRun in;
  in.set_id(at.said().id);
  in.set_step(at.said().step);
  in.set_restart(at.said().restart);
  return tell(at, "goes on", [&](control_client& node) -> caf::expected<Done> {
    if (in.step().empty() && !in.restart()) { // a paused run goes on as a whole
      TellRun unpause;
      unpause.set_id(in.id());
      unpause.mutable_unpause();
      if (auto done = node.tell(unpause);
          done || (code_of(done.error()) != ec::conflict && code_of(done.error()) != ec::not_found))
        return done;
    }
    return node.resume(in);
  });
}

caf::expected<int> list_letters(cli_session& at) {
  return ask_and_show(at, [](control_client& node) { return node.dead_letters(); });
}

caf::expected<int> requeue(cli_session& at) {
  RequeueDeadLetter in;
  in.set_owner(at.said().id);
  in.set_step(at.said().step);
  return tell(at, "is tried again", [&](control_client& node) { return node.requeue(in); });
}

caf::expected<int> drop(cli_session& at) {
  DropDeadLetter in;
  in.set_owner(at.said().id);
  in.set_step(at.said().step);
  return tell(at, "is off the list", [&](control_client& node) { return node.drop(in); });
}

} // namespace

std::vector<cli_command> work_commands() {
  const cli_option id{"ID", &cli_arguments::id, "Id or ref of a run or lone task", true};
  const cli_option step{"--step", &cli_arguments::step, "Step of the run; nothing for a lone task"};
  const cli_option wait{"--wait", &cli_arguments::wait,
                        "Wait for the end; exit 1 if it failed, 5 if over budget"};
  const cli_option owner{"OWNER", &cli_arguments::id, "Id or ref of the run or task", true};
  const cli_option letter_step{"STEP", &cli_arguments::step, "Step of the run; nothing for a lone task"};
  auto listed = filter_options();
  listed.push_back({"--limit", &cli_arguments::limit, "At most this many [100]"});
  return {
      {"run start",
       "Start a workflow, or one task",
       {{"FILE", &cli_arguments::file, "Workflow in YAML, or in the JSON of its protobuf message"},
        {"--file", &cli_arguments::definition, "Workflow in YAML or JSON, as `troupe workflow` reads it"},
        {"--template", &cli_arguments::template_name,
         "One that comes with the program: troupe workflow templates"},
        {"--workflow", &cli_arguments::workflow, "A published one, by name or ref"},
        {"--revision", &cli_arguments::revision, "Of that [the current]"},
        {"--capability", &cli_arguments::capability, "One task, for an agent that can do this"},
        {"--title", &cli_arguments::title, "What lists show for the task"},
        {"--input", &cli_arguments::inputs, "name=value; may be repeated"},
        {"--id", &cli_arguments::id, "Makes a repeat harmless [made by the node]"},
        wait},
       start,
       "troupe help run start"},
      {"run list", "Runs and lone tasks, newest first", std::move(listed), list},
      {"run describe", "One run: steps, result, open questions", {id, wait}, describe, "troupe run list"},
      {"run history", "Everything that happened to a run, task or agent", {id}, history, "troupe run list"},
      {"run cancel",
       "Stop a run",
       {id, {"--reason", &cli_arguments::reason, "Kept in its history"}},
       cancel,
       "troupe run list"},
      {"run answer",
       "Answer what an agent asked a person",
       {id,
        {"TEXT", &cli_arguments::text, "The answer", true},
        step,
        {"--position", &cli_arguments::position, "Which question, if there are several"}},
       answer,
       "troupe run list"},
      {"run resume",
       "Let a paused run go on, or a parked or failed task from its last checkpoint",
       {id, step, {"--restart", &cli_arguments::restart, "From the start instead"}},
       resume,
       "troupe run list"},
      {"dlq list", "Tasks that failed for good, entities in quarantine", {}, list_letters},
      {"dlq requeue",
       "Try one again, or wake one in quarantine",
       {owner, letter_step},
       requeue,
       "troupe dlq list"},
      {"dlq drop", "Take a task off the list", {owner, letter_step}, drop, "troupe dlq list"},
  };
}

} // namespace troupe
