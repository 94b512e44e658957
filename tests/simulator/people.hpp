// PEOPLE: who is asked by ask_human, and answers as people do.
#pragma once

#include <tests/simulator/client.hpp>

namespace troupe {

/// They answer at once, late, twice, at the wrong place first, or not before they are reminded.
class simulated_people {
public:
  simulated_people(stage& where, client& door) : at_{where}, door_{door} {}

  /// An entity has changed: is somebody asked?
  void look_at(const shadow& entity);
  /// Whoever has not answered does now.
  void remind();

private:
  void ask(const open_question& question);
  void answer(const open_question& question, const std::string& position, const std::string& text);

  stage& at_;
  client& door_;
  std::set<std::tuple<std::string, std::string, std::string>> asked_; // ref, step, position
};

} // namespace troupe
