// The key file's simulated twin: it lies on the simulated disk and fails with it.
#pragma once

#include <tests/support/simulated_disk.hpp>
#include <troupe/persistence/key_file.hpp>

namespace troupe {

/// After a failed replacement either content is there, as the disk's fault says. Outlives every crash.
class simulated_key_file final : public key_file {
public:
  explicit simulated_key_file(std::shared_ptr<simulated_disk> disk) : disk_{std::move(disk)} {}

  caf::expected<std::optional<std::string>> read() const override {
    return content_;
  }
  caf::error replace(std::string_view fresh) override {
    auto fault = disk_->take_fault();
    if (!fault || *fault)
      content_ = fresh;
    if (fault)
      return make_error(ec::disk_full, "the key ring could not be written");
    disk_->acknowledge(); // this sync came after that of the last batch
    return {};
  }
  std::string name() const override {
    return "keyring";
  }

private:
  std::shared_ptr<simulated_disk> disk_;
  std::optional<std::string> content_;
};

} // namespace troupe
