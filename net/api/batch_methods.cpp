// BATCH METHODS: the same command for many runs.
// Invariant: at most limits::batch_at_once commands are open; the reply names every run that was told.

#include <fmt/format.h>
#include <troupe/net/api/anywhere.hpp>
#include <troupe/net/api/asking.hpp>
#include <troupe/net/api/run_filter.hpp>
#include <troupe/runtime/queue_limits.hpp>

namespace troupe {
namespace {

struct batch : std::enable_shared_from_this<batch> {
  control_call call;
  TellRun what;
  BatchResult result;
  int begun = 0;
  int open = 0;
  bool beginning = false; // answers may come while it begins
  reply_to<BatchResult> reply;

  void go_on() {
    if (std::exchange(beginning, true))
      return;
    while (open < limits::batch_at_once && begun < result.answers_size())
      tell(begun++);
    beginning = false;
    if (open == 0)
      reply(std::move(result));
  }

  void tell(int which) {
    ++open;
    what.set_id(result.answers(which).ref());
    serve(call, what, [=, kept = shared_from_this()](const caf::expected<Done>& done) {
      --kept->open;
      if (!done)
        kept->result.mutable_answers(which)->set_refusal(describe(done.error()));
      kept->go_on();
    });
  }
};

} // namespace

void serve(const control_call& call, const TellRuns& in, reply_to<BatchResult> reply) {
  if (in.what().what_case() == TellRun::WHAT_NOT_SET)
    return reply(make_error(ec::invalid_argument, "say what to tell the runs"));
  if (auto wrong = check_names_some(in.filter()))
    return reply(std::move(wrong));
  ListRuns which;
  *which.mutable_filter() = in.filter();
  which.set_limit(in.limit());
  which.set_only_runs(true);
  serve_anywhere<ListRuns, RunList>(call, which, [=](caf::expected<RunList> found) {
    if (!found)
      return reply(std::move(found.error()));
    auto all = std::make_shared<batch>();
    all->call = call;
    all->what = in.what();
    all->result.set_total(found->total());
    *all->result.mutable_silent() = found->silent();
    all->result.set_dry_run(in.dry_run());
    for (auto& work : found->runs())
      all->result.add_answers()->set_ref(work.ref());
    if (in.dry_run())
      return reply(std::move(all->result));
    all->reply = reply;
    all->go_on();
  });
}

} // namespace troupe
