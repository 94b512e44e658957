// ASKING: a call's question to a ref, whose answer becomes the call's reply. For the methods only.
#pragma once

#include <troupe/net/api/methods.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/directory.hpp>
#include <troupe/runtime/proto/journal.pb.h>

namespace troupe {

/// CAF's own errors say neither who nor what to do: these do.
caf::error explained(const caf::error& failed, const std::string& asked);

/// Where new work begins: its id, made here if none is `wanted`, and its ref. Errors: why the node takes no new work now;
/// ec::invalid_argument for what is no id; ec::already_exists if the id belongs to work of the other kind, `run` or `task`.
caf::expected<RunStarted> admit_work(const control_desk& desk, std::string_view tenant, std::string_view kind,
                                     const std::string& wanted);

/// The newest runs, and lone tasks if they are in `tables`, that a filter lets through, at most `limit` (see newest), with the
/// number of all that it does.
void find_work(const control_call& call, std::vector<index_table> tables, RunFilter filter, size_t limit,
               std::function<void(caf::expected<RunList>)> done);

/// Who is set aside on this node, whichever of its shard hosts has them.
void find_set_aside(const control_call& call, reply_to<QuarantineList> reply);

/// Asks a ref under the call's context and patience; the answer, as `view` shows it, or the error becomes the
/// reply.
template <class Answer, class Reply, class Question, class View>
void ask_for(const control_call& call, const std::string& to, Question question, reply_to<Reply> reply,
             View view) {
  *question.mutable_context() = call.context;
  if (auto oversize = check_size(question))
    return reply(oversize);
  ask<Answer>(call.self, *call.desk->outside->names, to, call.patience, std::move(question))
      .then([=](const Answer& answer) { reply(view(answer)); },
            [=](const caf::error& failed) { reply(explained(failed, to)); });
}

/// Same, when the answer is the reply.
template <class Reply, class Question>
void ask_for(const control_call& call, const std::string& to, Question question, reply_to<Reply> reply) {
  ask_for<Reply>(call, to, std::move(question), std::move(reply), [](const Reply& answer) { return answer; });
}

} // namespace troupe
