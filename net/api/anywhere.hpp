// ANYWHERE: a call is let in by any node of a cluster and done where what it is about lives. Listings are of all nodes.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <troupe/net/api/methods.hpp>
#include <troupe/runtime/ref_route.hpp>
#include <vector>

namespace troupe {

/// The name of the method that asks this.
template <class In>
inline constexpr std::string_view method_of{};
#define METHOD(function, name, In, Out)                                                                      \
  template <>                                                                                                \
  inline constexpr std::string_view method_of<In> = #name;
#include <troupe/net/api/control_methods.def>
#undef METHOD

/// Refs that a call may mean, the likeliest first, for methods that read what only the owner of an entity has.
std::vector<std::string> refs_meant(const DescribeRun& in);
std::vector<std::string> refs_meant(const GetHistory& in);
std::vector<std::string> refs_meant(const StopRun& in);
std::vector<std::string> refs_meant(const AnswerRun& in);
std::vector<std::string> refs_meant(const ResumeRun& in);
std::vector<std::string> refs_meant(const RequeueDeadLetter& in);
std::vector<std::string> refs_meant(const DropDeadLetter& in);
std::vector<std::string> refs_meant(const GetLedger& in);
std::vector<std::string> refs_meant(const AskWhy& in);
std::vector<std::string> refs_meant(const GetStory& in);
std::vector<std::string> refs_meant(const ReplayDecision& in);

/// Puts what another node has into a listing, in its order and within its limit.
void merge(const ListRuns& in, RunList& all, RunList&& more);
void merge(const ListApprovals& in, ApprovalList& all, ApprovalList&& more);
void merge(const ListDeadLetters& in, DeadLetterList& all, DeadLetterList&& more);
void merge(const ListTimers& in, TimerList& all, TimerList&& more);
void merge(const ListLedgers& in, LedgerList& all, LedgerList&& more);
void merge(const ListSchedules& in, ScheduleList& all, ScheduleList&& more);
void merge(const ListWorkflows& in, WorkflowList& all, WorkflowList&& more);
void merge(const ListFleets& in, FleetList& all, FleetList&& more);

/// A method that is done by the owner of what it is about.
template <class In>
concept about_entity = requires(const In& in) {
  refs_meant(in);
};

/// A method that is done by all nodes.
template <class In, class Out>
concept about_all = requires(const In& in, Out& all) {
  merge(in, all, std::move(all));
};

/// A method that is done by the node it names; none = the one that is asked.
template <class In>
concept about_node = requires(const In& in) {
  { in.node() } -> std::convertible_to<std::string>;
};

/// A method that needs more than shared rows and messages to refs: agents, or what the scheduler or the shard host of a node has in memory. Where
/// members share their rows, these alone are for others to do; rows are read here, so that nothing is shown twice or missing while a
/// shard moves.
template <class In>
inline constexpr bool needs_memory =
    std::is_same_v<In, AskWhy> || std::is_same_v<In, RequeueDeadLetter> || std::is_same_v<In, ListDeadLetters> ||
    std::is_same_v<In, ListFleets>;

/// The nodes to ask for any of these refs, this one ("") first if it may have one: it has agents, and every id that is none.
std::vector<std::string> nodes_for(const directory& names, const std::vector<std::string>& refs);

/// Has another node do a call; `done` gets the reply's bytes. Errors: those of the method and of links.
void forward(const control_call& call, const std::string& node, std::string_view method,
             const google::protobuf::Message& in, std::function<void(caf::expected<std::string>)> done);

/// The same, with the reply read.
template <class In, class Out>
void forward(const control_call& call, const std::string& node, const In& in, reply_to<Out> reply) {
  forward(call, node, method_of<In>, in, [=](caf::expected<std::string> bytes) {
    Out out;
    if (!bytes)
      return reply(std::move(bytes.error()));
    if (!out.ParseFromString(*bytes))
      return reply(make_error(ec::internal, "node " + node + " gave an answer that cannot be read"));
    reply(std::move(out));
  });
}

/// Asks one node after the other until one has it. One that cannot be reached may be the one: then that is what is said.
template <class In, class Out>
void serve_at(const control_call& call, std::vector<std::string> nodes, const In& in, reply_to<Out> reply,
              caf::error so_far = {}) {
  auto node = nodes.front();
  nodes.erase(nodes.begin());
  reply_to<Out> next = [=](caf::expected<Out> answer) {
    if (answer || nodes.empty() ||
        (code_of(answer.error()) != ec::not_found && code_of(answer.error()) != ec::unavailable)) {
      auto hides = !answer && so_far && code_of(answer.error()) == ec::not_found;
      return reply(hides ? caf::expected<Out>{so_far} : std::move(answer));
    }
    serve_at<In, Out>(call, nodes, in, reply,
                      code_of(answer.error()) == ec::unavailable ? answer.error() : so_far);
  };
  if (node.empty())
    serve(call, in, std::move(next));
  else
    forward<In, Out>(call, node, in, std::move(next));
}

/// Asks all nodes. One that does not answer is named in the reply.
template <class In, class Out>
void serve_all(const control_call& call, const std::vector<std::string>& others, const In& in,
               reply_to<Out> reply) {
  struct answers {
    Out all;
    caf::error failed;
    size_t open;
  };
  auto so_far = std::make_shared<answers>(answers{{}, {}, others.size() + 1});
  auto arrived = [=] {
    if (--so_far->open > 0)
      return;
    std::sort(so_far->all.mutable_silent()->begin(), so_far->all.mutable_silent()->end());
    if (so_far->failed)
      reply(so_far->failed);
    else
      reply(std::move(so_far->all));
  };
  auto quick = call; // one that hangs costs its rows, not the listing
  quick.patience = call.patience / 2;
  for (auto& node : others)
    forward<In, Out>(quick, node, in, [=](caf::expected<Out> answer) {
      if (answer)
        merge(in, so_far->all, std::move(*answer));
      else
        so_far->all.add_silent(node);
      arrived();
    });
  serve(call, in, reply_to<Out>{[=](caf::expected<Out> answer) {
          if (answer)
            merge(in, so_far->all, std::move(*answer));
          else
            so_far->failed = answer.error();
          arrived();
        }});
}

/// Does a method in a cluster: where it belongs. A node that is alone does it itself.
template <class In, class Out>
void serve_anywhere(const control_call& call, const In& in, reply_to<Out> reply) {
  auto& names = *call.desk->outside->names;
  if (call.desk->outside->own && !needs_memory<In> && !about_node<In>)
    return serve(call, in, std::move(reply));
  if constexpr (about_all<In, Out>) {
    if (auto way = names.route())
      return serve_all<In, Out>(call, way->others(), in, std::move(reply));
  } else if constexpr (about_entity<In>) {
    if (names.route())
      return serve_at<In, Out>(call, nodes_for(names, refs_meant(in)), in, std::move(reply));
  } else if constexpr (about_node<In>) {
    if (names.route() && !in.node().empty() && in.node() != call.desk->node)
      return forward<In, Out>(call, in.node(), in, std::move(reply));
  }
  serve(call, in, std::move(reply));
}

} // namespace troupe
