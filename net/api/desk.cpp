// DESK: calls of other members.
// Invariant: each is answered once; none is forwarded again.

#include <troupe/actors/workflow/open_runs.hpp>
#include <troupe/net/api/anywhere.hpp>
#include <troupe/net/api/desk.hpp>
#include <troupe/runtime/actor.hpp>

namespace troupe {
namespace {

struct desk_state {
  static inline const char* name = "desk";
};

using done_with = std::function<void(caf::expected<std::string>)>;
using doer = void (*)(const control_call& call, const std::string& request, done_with done);

template <class In, class Out>
void do_call(const control_call& call, const std::string& request, done_with done) {
  In in;
  if (!in.ParseFromString(request))
    return done(make_error(ec::invalid_argument, "the request cannot be read"));
  serve(call, in, reply_to<Out>{[done = std::move(done)](caf::expected<Out> answer) {
          if (!answer)
            return done(std::move(answer.error()));
          done(answer->SerializeAsString());
        }});
}

// Who does a method; null for one that does not travel.
doer find_doer(const std::string& method) {
#define METHOD(function, name, In, Out)                                                                      \
  if constexpr (about_entity<In> || about_node<In> || about_all<In, Out>)                                    \
    if (method == #name)                                                                                     \
      return do_call<In, Out>;
#include <troupe/net/api/control_methods.def>
#undef METHOD
  return nullptr;
}

desk_actor::behavior_type desk_of(desk_actor::stateful_pointer<desk_state> self,
                                  std::shared_ptr<const control_desk> desk) {
  house_rules(self);
  return {
      [=](const ForwardCall& in) -> caf::result<CallDone> {
        auto act = find_doer(in.method());
        if (!act)
          return make_error(ec::permission_denied, in.method() + " is no method that other nodes may call");
        promise<CallDone> answer{self};
        self->spawn<caf::linked>([=](caf::event_based_actor* worker) {
          house_rules(worker);
          control_call call{worker, desk, in.context(), std::chrono::milliseconds{in.patience_ms()}, true};
          act(call, in.request(), [=](caf::expected<std::string> bytes) {
            if (bytes) {
              CallDone done;
              done.set_reply(std::move(*bytes));
              answer.deliver(std::move(done));
            } else {
              answer.deliver(std::move(bytes.error()));
            }
            worker->quit();
          });
        });
        return answer.pending();
      },
      [=](const FindOpenRuns& in) -> caf::result<OpenRuns> {
        auto found =
            find_open_runs(*desk->outside->rows, in.workflow(), static_cast<uint8_t>(in.shard()), in.most());
        if (!found)
          return std::move(found.error());
        OpenRuns answer;
        for (auto& run : *found)
          *answer.add_runs() = std::move(run);
        return answer;
      },
  };
}

} // namespace

desk_actor spawn_desk(caf::scheduled_actor* parent, std::shared_ptr<const control_desk> desk) {
  return spawn_observed(parent, desk->outside->board, desk_of, desk);
}

} // namespace troupe
