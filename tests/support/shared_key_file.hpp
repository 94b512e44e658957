// A key file that several nodes share: what another node does in between can be planned.
#pragma once

#include <troupe/persistence/key_file.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {

/// One node's door to it; all that are given the same content see it.
class shared_key_file final : public key_file {
public:
  /// What is there.
  struct place {
    std::optional<std::string> content;
    int reads = 0;
  };

  explicit shared_key_file(std::shared_ptr<place> at) : at_{std::move(at)} {}

  caf::expected<std::optional<std::string>> read() const override {
    ++at_->reads;
    return at_->content;
  }
  caf::error replace(std::string_view content) override {
    at_->content = content;
    return {};
  }
  bool is_shared() const override {
    return true;
  }
  caf::expected<bool> exchange(const std::optional<std::string>& before, std::string_view content) override {
    if (auto other = std::exchange(before_exchange, {}))
      other();
    auto lost = std::exchange(lose_answer, false);
    if (at_->content != before)
      return false;
    at_->content = content;
    if (lost)
      return make_error(ec::unavailable, "the connection was lost");
    return true;
  }
  std::string name() const override {
    return "keyring";
  }

  std::function<void()> before_exchange; ///< once
  bool lose_answer = false;              ///< once: it is done, and nobody hears

private:
  std::shared_ptr<place> at_;
};

} // namespace troupe
