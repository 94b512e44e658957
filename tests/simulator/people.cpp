// PEOPLE: answers, as the seed wants them.

#include <tests/simulator/people.hpp>

namespace troupe {

void simulated_people::look_at(const shadow& entity) {
  for (auto& question : entity.questions())
    if (asked_.emplace(question.ref, question.step, question.position).second)
      ask(question);
}

void simulated_people::ask(const open_question& question) {
  auto in = [&](size_t ms, const std::string& position) {
    at_.later(std::chrono::milliseconds{ms}, [=, this] { answer(question, position, "yes"); });
  };
  switch (at_.pick(5)) {
  case 0: // at once
    in(at_.pick(1000), question.position);
    break;
  case 1: // late
    in(at_.pick(60'000), question.position);
    break;
  case 2: // twice
    in(at_.pick(3000), question.position);
    in(at_.pick(3000), question.position);
    break;
  case 3: // at the wrong place first
    in(at_.pick(1000), "7.1");
    in(1000 + at_.pick(1000), question.position);
    break;
  default: // not before remind()
    break;
  }
}

void simulated_people::remind() {
  std::vector<open_question> open;
  at_.log.each([&](const shadow& entity) {
    auto some = entity.questions();
    open.insert(open.end(), some.begin(), some.end());
  });
  for (auto& question : open)
    answer(question, question.position, "at last");
}

void simulated_people::answer(const open_question& question, const std::string& position,
                              const std::string& text) {
  AnswerQuestion said;
  said.set_step(question.step);
  said.set_position(position);
  said.set_text(text);
  door_.command<Done>(question.ref, said);
}

} // namespace troupe
