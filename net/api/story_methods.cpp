// STORY METHODS: the story of a run, and its decisions made again.
// Invariant: only the journal is read, and nobody is woken; every path replies exactly once.

#include <charconv>
#include <deque>
#include <fmt/format.h>
#include <set>
#include <troupe/actors/spawn.hpp>
#include <troupe/actors/workflow/run/replay.hpp>
#include <troupe/net/api/anywhere.hpp>
#include <troupe/net/api/asking.hpp>
#include <troupe/net/api/history.hpp>
#include <troupe/net/api/json.hpp>
#include <troupe/net/api/story.hpp>
#include <troupe/net/api/work_index.hpp>
#include <troupe/runtime/inquiry_limits.hpp>
#include <troupe/runtime/proto/journal.pb.h>
#include <troupe/runtime/trace.hpp>

namespace troupe {
namespace {

// Reads run after run, those that others began after them.
class story_work : public std::enable_shared_from_this<story_work> {
public:
  story_work(const control_call& call, std::string root, reply_to<Story> reply)
      : call_{call}, root_{std::move(root)}, reply_{std::move(reply)} {
    todo_.push_back({root_, 0});
  }

  void next() {
    while (!todo_.empty()) {
      auto name = todo_.front().first;
      auto depth = todo_.front().second;
      todo_.pop_front();
      if (all_.count(name) > 0 || all_.size() >= limits::story_runs || depth >= limits::story_depth)
        continue; // it is named, and counted as left out
      auto way = call_.desk->outside->names->route();
      if (auto node = way ? way->node_of(name) : std::string{}; !node.empty())
        return ask_node(node, name);
      return read_records(call_, name, [=, self = shared_from_this()](auto records) {
        self->tell(name, depth, std::move(records));
      });
    }
    reply_(write_story(root_, all_));
  }

private:
  // Its part, with what that began.
  void ask_node(const std::string& node, const std::string& name) {
    GetStory question;
    question.set_id(name);
    auto quick = call_; // who does not tell costs his part
    quick.patience = call_.patience / 2;
    forward<GetStory, Story>(quick, node, question,
                             [=, self = shared_from_this()](caf::expected<Story> told) {
                               self->all_[name] = told ? read_story(*told) : story_tree{};
                               self->next();
                             });
  }

  void tell(const std::string& name, uint32_t depth, caf::expected<std::vector<journal_entry>> records) {
    if (!records && name == root_)
      return reply_(std::move(records.error()));
    auto now_ms = call_.desk->outside->time->now_ms();
    auto& tree = all_[name];
    if (records)
      tree = tell_story(name, *records, now_ms);
    for (auto& begun : tree.begun())
      todo_.push_back({begun, depth + 1});
    next();
  }

  control_call call_;
  std::string root_;
  reply_to<Story> reply_;
  std::deque<std::pair<std::string, uint32_t>> todo_;
  std::map<std::string, story_tree> all_;
};

struct decision_id {
  ref owner;
  uint64_t seq = 0;
};

caf::expected<decision_id> parse_decision(const doors& outside, const std::string& text) {
  auto hash = text.rfind('#');
  decision_id id;
  auto digits = hash == std::string::npos ? std::string_view{} : std::string_view{text}.substr(hash + 1);
  auto read = std::from_chars(digits.data(), digits.data() + digits.size(), id.seq);
  if (digits.empty() || read.ec != std::errc{} || read.ptr != digits.data() + digits.size())
    return make_error(
        ec::invalid_argument,
        fmt::format("'{}' is no decision: write RUN#NUMBER, as `troupe run trace RUN` shows it", text));
  auto owner = find_entity(outside, text.substr(0, hash));
  if (!owner)
    return std::move(owner.error());
  id.owner = std::move(*owner);
  return id;
}

bool is_trace_id(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

template <class Event>
std::string as_json_line(const std::string& bytes) {
  Event event;
  if (bytes.empty() || !event.ParseFromString(bytes))
    return "";
  return to_json(event, {.pretty = false, .defaults = false});
}

template <class Event>
std::string told(const std::string& bytes) {
  Event event;
  return event.ParseFromString(bytes) ? summarize(event) : "the record is damaged";
}

class replay_work : public std::enable_shared_from_this<replay_work> {
public:
  replay_work(const control_call& call, decision_id id, reply_to<DecisionReplay> reply)
      : call_{call}, id_{std::move(id)}, name_{to_string(id_.owner)}, reply_{std::move(reply)} {}

  void begin() {
    read_records(call_, name_, [self = shared_from_this()](auto records) {
      if (!records)
        return self->reply_(std::move(records.error()));
      for (auto& one : *records)
        self->records_.push_back({one.seq, one.ends_append, std::move(one.event)});
      self->find_agents();
      self->ask_agents();
    });
  }

private:
  bool is_run() const {
    return id_.owner.kind == "run";
  }

  // Whose policy may have decided about a repetition: those who told the end of an attempt in this append.
  void find_agents() {
    auto add = [&](const TaskEvent& event) {
      auto& agent = event.has_retried() ? event.retried().agent() : event.ended().agent();
      if (!agent.empty())
        agents_.insert(agent);
    };
    if (id_.seq == 0 || id_.seq > records_.size())
      return;
    auto begin = id_.seq - 1;
    while (begin > 0 && !records_[begin - 1].ends_append)
      --begin;
    for (auto i = begin; i < records_.size(); ++i) {
      RunEvent of_run;
      TaskEvent of_task;
      if (is_run() && of_run.ParseFromString(records_[i].event))
        add(of_run.step().event());
      else if (!is_run() && of_task.ParseFromString(records_[i].event))
        add(of_task);
      if (records_[i].ends_append)
        break;
    }
  }

  void ask_agents() {
    if (agents_.empty())
      return finish();
    auto agent = *agents_.begin();
    agents_.erase(agents_.begin());
    reply_to<AgentRecord> known = [=, self = shared_from_this()](caf::expected<AgentRecord> record) {
      if (record) {
        auto& policy = self->policies_[agent];
        auto& config = record->request().config();
        policy.set_max_retries(config.max_retries());
        policy.set_initial_delay_ms(config.initial_delay_ms());
        policy.set_backoff_multiplier(config.backoff_multiplier());
      }
      self->ask_agents();
    };
    GetAgent question;
    question.set_id(agent.substr(agent.rfind('/') + 1));
    ask_for(call_, agent, std::move(question), std::move(known)); // its own log knows it, retired or not
  }

  void finish() {
    auto result = is_run() ? replay_run(name_, records_, id_.seq, policies_)
                           : replay_task(records_, id_.seq, policies_);
    if (!result)
      return reply_(std::move(result.error()));
    auto json = is_run() ? as_json_line<RunEvent> : as_json_line<TaskEvent>;
    DecisionReplay answer;
    answer.set_decision(fmt::format("{}#{}", name_, id_.seq));
    answer.set_identical(result->is_identical());
    answer.set_cause(result->cause);
    auto& record = records_[id_.seq - 1].event;
    answer.set_summary(is_run() ? told<RunEvent>(record) : told<TaskEvent>(record));
    answer.set_first(result->first);
    answer.set_last(result->last);
    answer.set_given(result->given);
    answer.set_repeated(result->repeated);
    answer.set_differs(result->differs);
    answer.set_stored(json(result->stored));
    answer.set_again(json(result->again));
    answer.set_reason(result->reason);
    answer.set_before(result->first - 1);
    reply_(std::move(answer));
  }

  control_call call_;
  decision_id id_;
  std::string name_;
  reply_to<DecisionReplay> reply_;
  std::vector<decision_record> records_;
  std::set<std::string> agents_;
  agent_policies policies_;
};

} // namespace

void serve(const control_call& call, const GetStory& in, reply_to<Story> reply) {
  auto name = find_entity(*call.desk->outside, in.id());
  if (name)
    return std::make_shared<story_work>(call, to_string(*name), std::move(reply))->next();
  if (code_of(name.error()) != ec::not_found || !is_trace_id(in.id()))
    return reply(std::move(name.error()));
  auto first = std::make_shared<WorkSummary>();
  auto look = [first, id = in.id()](index_table, std::string_view row) {
    WorkSummary work;
    if (!work.ParseFromArray(row.data(), static_cast<int>(row.size())) ||
        trace_id(work.trace().empty() ? trace_of(work.ref()) : work.trace()) != id)
      return;
    auto age = [](const WorkSummary& one) {
      return std::tuple{one.created_ms(), !one.parent().empty(), one.ref()};
    };
    if (first->ref().empty() || age(work) < age(*first))
      *first = std::move(work);
  };
  walk_index(call.self, call.desk->outside, {index_table::runs, index_table::tasks}, look,
             [=](caf::error failed) {
               if (failed)
                 return reply(std::move(failed));
               if (first->ref().empty())
                 return reply(make_error(ec::not_found, "no run or task has the id or the trace " + in.id()));
               std::make_shared<story_work>(call, first->ref(), reply)->next();
             });
}

void serve(const control_call& call, const ReplayDecision& in, reply_to<DecisionReplay> reply) {
  auto id = parse_decision(*call.desk->outside, in.decision());
  if (!id)
    return reply(std::move(id.error()));
  std::make_shared<replay_work>(call, std::move(*id), std::move(reply))->begin();
}

} // namespace troupe
