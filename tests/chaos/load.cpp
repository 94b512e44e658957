// LOAD: starts, repeats, answers and reads, at random.

#include <atomic>
#include <fmt/format.h>
#include <tests/chaos/journeys.hpp>
#include <tests/chaos/load.hpp>

namespace troupe::chaos {
namespace {

class client {
public:
  client(std::unique_ptr<control_client> node, promises& told, uint64_t seed, std::string prefix,
         load_options how)
      : node_{std::move(node)}, told_{told}, chance_{seed}, prefix_{std::move(prefix)},
        left_{how.pieces_each}, open_{how.open} {}

  /// One call. False if the node is gone.
  bool act() {
    if (open_ > 0)
      return travel();
    auto dice = chance_() % 100;
    if (dice < 50 && left_ > 0)
      return start();
    if (dice < 70)
      return answer();
    auto one = told_.some(chance_);
    if (!one)
      return left_ == 0 || start();
    if (dice < 80)
      return repeat(*one);
    return dice < 90 ? look(*one) : read(*one);
  }

  uint64_t acknowledged = 0;
  uint64_t unknown = 0;
  std::vector<std::string> wrong;

private:
  template <class Answer>
  bool gone(const caf::expected<Answer>& answer) const {
    return !answer &&
           (code_of(answer.error()) == ec::unavailable || code_of(answer.error()) == ec::cancelled ||
            code_of(answer.error()) == ec::timeout || code_of(answer.error()) == ec::internal);
  }

  bool start() {
    piece one;
    auto dice = chance_() % 10;
    one.what = dice < 5 ? piece::kind::delivery : dice < 8 ? piece::kind::question : piece::kind::workflow;
    one.id = prefix_ + std::to_string(left_--);
    return start(one);
  }

  bool start(const piece& one) {
    told_.plan(one);
    auto started = node_->start(start_of(one));
    if (!started)
      return !gone(started);
    ++acknowledged;
    told_.note(one.id, [&](piece& known) { known.ref = started->ref(); });
    return true;
  }

  bool travel() {
    if (told_.open() < open_) {
      piece one;
      one.what = piece::kind::journey;
      one.id = prefix_ + std::to_string(begun_++);
      return start(one);
    }
    auto one = told_.some(chance_);
    if (!one)
      return true;
    auto dice = chance_() % 100;
    if (dice < 40 && !one->approved)
      return note(*one, approve_journey(*node_, one->id), &piece::approved);
    if (dice < 80 && !one->signalled)
      return note(*one, signal_journey(*node_, one->id), &piece::signalled);
    return dice < 87 ? repeat(*one) : dice < 94 ? look(*one) : read(*one);
  }

  bool note(const piece& one, const caf::expected<Done>& done, bool piece::*what) {
    acknowledged += done ? 1 : 0;
    unknown += gone(done) ? 1 : 0;
    if (done)
      told_.note(one.id, [&](piece& known) { known.*what = true; });
    else if (code_of(done.error()) == ec::conflict)
      return look(one); // it has ended, or nobody heard that this was done
    return !gone(done);
  }

  bool repeat(const piece& one) {
    auto again = node_->start(start_of(one));
    if (again && again->ref() != one.ref)
      wrong.push_back(one.id + " is " + one.ref + " and " + again->ref());
    return !gone(again);
  }

  bool answer() {
    auto one = told_.take_question(chance_);
    if (!one)
      return true;
    AnswerRun answer;
    answer.set_id(one->id);
    answer.set_position("0");
    answer.set_text(answer_to(*one));
    auto done = node_->answer(answer);
    if (done)
      ++acknowledged;
    else if (gone(done))
      ++unknown;
    told_.note(one->id, [&](piece& known) {
      known.answered = static_cast<bool>(done);
      known.answering = done || gone(done); // else it was not asked yet
    });
    return !gone(done);
  }

  bool look(const piece& one) {
    DescribeRun ask;
    ask.set_id(one.id);
    auto view = node_->describe(ask);
    if (!view)
      return !gone(view);
    told_.note(one.id, [&](piece& known) {
      if (auto end = shown_end(*view))
        known.end = end;
    });
    return true;
  }

  bool read(const piece& one) {
    auto events = read_events(*node_, one.id);
    if (events)
      told_.note(one.id, [&](piece& known) {
        if (events->size() > known.history.size())
          known.history = std::move(*events);
      });
    return !gone(events);
  }

  std::unique_ptr<control_client> node_;
  promises& told_;
  std::mt19937_64 chance_;
  std::string prefix_;
  unsigned left_;
  unsigned open_;
  unsigned begun_ = 0;
};

} // namespace

load::load(const victim& node, promises& told, findings& found, load_options how, uint64_t round,
           uint64_t seed) {
  for (unsigned n = 0; n < how.clients; ++n)
    clients_.emplace_back([this, &told, &found, how, round, n, seed, door = node.client()]() mutable {
      if (!door)
        return;
      client one{std::move(door), told, seed + n, fmt::format("r{}-c{}-", round, n), how};
      while (!over_ && one.act()) {
      }
      static std::mutex together; // findings belong to the campaign
      std::lock_guard lock{together};
      found.acknowledged += one.acknowledged;
      found.unknown += one.unknown;
      for (auto& what : one.wrong)
        found.blame(found.doubled, what);
    });
}

void load::stop() {
  over_ = true;
  for (auto& one : clients_)
    if (one.joinable())
      one.join();
}

} // namespace troupe::chaos
