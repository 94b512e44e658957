// A program outside of the house: one behavior, rehearsed. Prints: hello, world
#include <iostream>
#include <troupe/troupe.hpp>

class greeter final : public troupe::behavior {
public:
  troupe::manifest describe() const override {
    return troupe::manifest{"greeter"}.can("text.greet");
  }

  troupe::action run(const troupe::Task& task) override {
    return troupe::call_model("fast", "Greet " + task.input("whom")).then([](const troupe::Result& answer) {
      return troupe::finish(answer.text());
    });
  }
};

int main() {
  troupe::rehearsal play{troupe::make<greeter>(), {{"whom", "world"}}};
  play.answer(play.next().argument("prompt") == "Greet world" ? "hello, world" : "who is there?");
  std::cout << play.result().text() << '\n';
}
