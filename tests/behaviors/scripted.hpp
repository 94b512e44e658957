// What the tests of behaviors share: a behavior that does what a test tells it.
#pragma once

#include <functional>
#include <stdexcept>
#include <troupe/behaviors/rehearsal.hpp>

namespace troupe {

/// Runs a function.
class scripted final : public behavior {
public:
  using script = std::function<action(const Task&)>;

  explicit scripted(script f, std::string version = "1.0.0")
      : script_{std::move(f)}, version_{std::move(version)} {}
  manifest describe() const override {
    return manifest{"scripted"}.version(version_).can("play");
  }
  action run(const Task& task) override {
    return script_(task);
  }

private:
  script script_;
  std::string version_;
};

inline std::unique_ptr<behavior> play_script(scripted::script f, std::string version = "1.0.0") {
  return make<scripted>(std::move(f), std::move(version));
}

/// True if `f` throws what ensure() throws.
template <class F>
bool breaks(F f) {
  try {
    f();
    return false;
  } catch (const std::logic_error&) {
    return true;
  }
}

inline Outcome success(const std::string& text) {
  Outcome outcome;
  outcome.set_text(text);
  return outcome;
}

inline Outcome failure(ec code, const std::string& text = {}) {
  Outcome outcome;
  outcome.mutable_failure()->set_code(static_cast<uint32_t>(code));
  outcome.mutable_failure()->set_text(text);
  return outcome;
}

/// Positions of everything open, comma-separated.
inline std::string open_at(const rehearsal& play) {
  std::string text;
  for (auto& each : play.open())
    text += (text.empty() ? "" : ",") + each.position();
  return text;
}

/// Code of what it ended with.
inline ec ended_with(const rehearsal& play) {
  return code_of(play.result().error());
}

} // namespace troupe
