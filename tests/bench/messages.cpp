// Messages between two actors: our words (ask, tell, directory) beside CAF's own, same protobuf payload, same
// timeout.

#include <array>
#include <atomic>
#include <future>
#include <tests/bench/bench.hpp>
#include <tests/bench/node.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/tests/bench/bench.pb.h>

namespace troupe::bench {
namespace {

using namespace std::chrono_literals;

using echo_actor = caf::typed_actor<rpc<BenchPing, BenchPong>>;
using ball_actor = caf::typed_actor<note<BenchPong>>;

constexpr size_t questions = 100'000;
constexpr size_t throws = 400'000;
constexpr size_t balls = 16;
const std::string ball_ref = "bench/ball/1";
constexpr unsigned rounds = 7;
// Short: CAF keeps the timeout of an answered request until it expires, and a backlog of them slows both
// sides down.
constexpr auto patience = 1s;

BenchPing ping() {
  BenchPing message;
  message.set_data(noise(100));
  return message;
}

BenchPong pong(const BenchPing& message) {
  BenchPong answer;
  answer.set_data(message.data());
  return answer;
}

double per_second(size_t count, const std::function<void(std::promise<void>&)>& start) {
  std::promise<void> done;
  auto began = now_s();
  start(done);
  done.get_future().wait();
  return static_cast<double>(count) / (now_s() - began);
}

// One question open at a time, asked again when answered.
template <class Ask>
double ask_in_turn(caf::actor_system& system, Ask ask_once) {
  return per_second(questions, [&](std::promise<void>& done) {
    system.spawn([&done, ask_once](caf::event_based_actor* self) {
      house_rules(self);
      auto left = std::make_shared<size_t>(questions);
      auto next = std::make_shared<std::function<void()>>();
      *next = [=, &done] {
        if ((*left)-- == 0) {
          done.set_value();
          *next = nullptr;
          self->quit();
          return;
        }
        ask_once(self).then([next](const BenchPong&) {
          auto go_on = *next;
          go_on();
        });
      };
      auto first = *next;
      first();
    });
  });
}

void question() {
  config settings;
  caf::actor_system system{settings};
  auto ours = system.spawn([](echo_actor::pointer self) -> echo_actor::behavior_type {
    house_rules(self);
    return {[](const BenchPing& message) { return pong(message); }};
  });
  auto bare = system.spawn([](caf::event_based_actor*) -> caf::behavior {
    return {[](const BenchPing& message) { return pong(message); }};
  });
  directory names;
  names.put("bench/echo/1", caf::actor_cast<caf::actor>(ours));
  auto bare_rate = [&] {
    return ask_in_turn(system, [&](auto* self) { return self->request(bare, patience, ping()); });
  };
  report(
      "messages.ask",
      compare(
          rounds,
          [&] { return ask_in_turn(system, [&](auto* self) { return ask(self, ours, patience, ping()); }); },
          bare_rate),
      "per_s", 0.85);
  report("messages.ask_by_ref",
         compare(
             rounds,
             [&] {
               return ask_in_turn(system, [&](auto* self) {
                 return ask<BenchPong>(self, names, "bench/echo/1", patience, ping());
               });
             },
             bare_rate),
         "per_s", 0.85);
  caf::anon_send_exit(ours, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(bare, caf::exit_reason::user_shutdown);
  names.erase("bench/echo/1", {}, {});
}

// Two actors throw balls to and fro, several in the air; `send(self, to, ball)` is what is measured.
template <class Handle, class Send>
double play(caf::actor_system& system, directory& names, Send send) {
  std::array<Handle, 2> players;
  std::atomic<size_t> left{throws};
  auto rate = per_second(throws, [&](std::promise<void>& done) {
    for (auto& player : players) {
      auto* other = &players[&player == &players[0] ? 1 : 0];
      auto catch_one = [&left, &done, other, send](auto* self, const BenchPong& ball) {
        if (auto now = --left; now == 0)
          done.set_value();
        else if (now < throws) // what is still in the air afterwards is not thrown again
          send(self, *other, ball);
      };
      if constexpr (std::is_same_v<Handle, ball_actor>)
        player = system.spawn([catch_one](ball_actor::pointer self) -> ball_actor::behavior_type {
          house_rules(self);
          return {[self, catch_one](const BenchPong& ball) { catch_one(self, ball); }};
        });
      else
        player = system.spawn([catch_one](caf::event_based_actor* self) -> caf::behavior {
          return {[self, catch_one](const BenchPong& ball) { catch_one(self, ball); }};
        });
      names.put(ball_ref, caf::actor_cast<caf::actor>(player));
    }
    for (size_t i = 0; i < balls; ++i)
      caf::anon_send(players[i % 2], pong(ping()));
  });
  names.erase(ball_ref, {}, {});
  caf::scoped_actor last{system};
  for (auto& player : players) {
    last->send_exit(player, caf::exit_reason::user_shutdown);
    last->wait_for(player);
  }
  return rate;
}

void one_way() {
  config settings;
  caf::actor_system system{settings};
  directory names;
  auto bare_rate = [&] {
    return play<caf::actor>(system, names, [](auto* self, const caf::actor& to, const BenchPong& ball) {
      self->send(to, BenchPong{ball});
    });
  };
  report("messages.tell",
         compare(
             rounds,
             [&] {
               return play<ball_actor>(system, names,
                                       [](auto* self, const ball_actor& to, const BenchPong& ball) {
                                         tell(self, to, BenchPong{ball});
                                       });
             },
             bare_rate),
         "per_s", 0.85);
  report("messages.tell_by_ref",
         compare(
             rounds,
             [&] {
               return play<ball_actor>(system, names,
                                       [&names](auto*, const ball_actor&, const BenchPong& ball) {
                                         names.tell(ball_ref, BenchPong{ball});
                                       });
             },
             bare_rate),
         "per_s", 0.85);
}

const benchmark ask_benchmark{"messages.ask", "questions per second, one open at a time, 100 bytes",
                              question};
const benchmark tell_benchmark{"messages.tell",
                               "one-way messages per second between two actors, 16 in flight", one_way};

} // namespace
} // namespace troupe::bench
