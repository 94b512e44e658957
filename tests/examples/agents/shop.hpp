// A workspace with a project, gone with the test. Include after CAF_SUITE is defined.
#pragma once

#include <caf/test/unit_test.hpp>
#include <examples/agents/skills.hpp>
#include <fstream>
#include <tests/support/scratch.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe::crew {

/// A project `shop` that greets; skills are asked by capability, as a node would.
struct shop {
  test::scratch place;
  workspace at{place.path()};
  std::filesystem::path project;
  std::string first; // the commit that is on main

  shop() {
    auto made = at.project_or_new("shop");
    if (!made)
      CAF_FAIL(describe(made.error()));
    project = *made;
    first = head();
  }

  std::string head(const std::string& name = "main") {
    auto found = at.commit(project, name);
    return found ? *found : std::string{};
  }

  /// Commits a file to main.
  std::string commit(const std::string& file, const std::string& text,
                     const std::string& message = "change") {
    CAF_REQUIRE(!put_file(project / file, text));
    CAF_REQUIRE(at.git(project, {"add", "-A"}));
    CAF_REQUIRE(at.git(project, {"commit", "-q", "-m", message}));
    return head();
  }

  caf::expected<std::string> ask(std::string_view capability,
                                 std::map<std::string, std::string, std::less<>> inputs) {
    inputs.emplace("project", "shop");
    inputs.emplace("task", "default/run/r/step");
    for (auto& one : skills())
      if (one.capability == capability)
        return one.real(at, job{std::move(inputs)});
    return make_error(ec::not_found, std::string{capability});
  }

  /// The answer; the test fails if there is none.
  audit::json answer(std::string_view capability, std::map<std::string, std::string, std::less<>> inputs) {
    auto said = ask(capability, std::move(inputs));
    if (!said)
      CAF_FAIL(capability << ": " << describe(said.error()));
    return std::get<audit::json>(audit::parse_json(*said));
  }

  /// The text of a refusal; the test fails if there was an answer.
  std::string refusal(std::string_view capability, std::map<std::string, std::string, std::less<>> inputs) {
    auto said = ask(capability, std::move(inputs));
    if (said)
      CAF_FAIL(capability << " answered " << *said);
    return text_of(said.error());
  }
};

/// Does a text hold another one?
inline bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

} // namespace troupe::crew
