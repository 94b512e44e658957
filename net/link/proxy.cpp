// PROXY: messages to an actor of another node become envelopes.
// Invariant: a request is answered by the session or here, once.

#include <atomic>
#include <troupe/net/link/letter.hpp>
#include <troupe/net/link/proxy.hpp>

namespace troupe {
namespace {

class remote_actor final : public caf::monitorable_actor {
public:
  remote_actor(caf::actor_config& config, const proxy_place& place, session_ptr over, std::string target,
               const link_interface& interface, std::set<std::string> types)
      : caf::monitorable_actor{config}, place_{place}, over_{std::move(over)}, target_{std::move(target)},
        interface_{interface}, types_{std::move(types)} {}

  ~remote_actor() override {
    over_->cancel(watch_);
  }

  // Once it has an address.
  void watch() {
    watch_ = over_->watch(target_, [weak = caf::weak_actor_ptr{ctrl()}](const caf::error& reason) {
      if (auto self = weak.lock()) {
        caf::error why = caf::exit_reason::user_shutdown;
        if (reason)
          why = reason;
        static_cast<remote_actor*>(self->get())->cleanup(std::move(why), nullptr);
      }
    });
  }

  const char* name() const override {
    return "remote_actor";
  }

  std::set<std::string> message_types() const override {
    return types_;
  }

  using caf::abstract_actor::enqueue;
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* here) override {
    if (what->mid.is_response() || handle_system_message(*what, here, false))
      return;
    if (auto wrong = send(*what))
      refuse_letter(*what, wrong, caf::strong_actor_ptr{ctrl()}, place_.dropped);
  }

private:
  caf::error send(caf::mailbox_element& what) {
    if (getf(is_terminated_flag | is_cleaned_up_flag))
      return make_error(ec::unavailable, "the proxy of " + target_ + " has ended; resolve the name again");
    return send_letter(what, over_, target_, interface_, *place_.time, caf::strong_actor_ptr{ctrl()});
  }

  void on_cleanup(const caf::error&) override {
    over_->cancel(watch_);
  }

  const proxy_place place_;
  const session_ptr over_;
  const std::string target_;
  const link_interface& interface_;
  const std::set<std::string> types_;
  std::atomic<uint64_t> watch_ = 0;
};

} // namespace

caf::strong_actor_ptr make_proxy(const proxy_place& place, session_ptr over, std::string target,
                                 const link_interface& interface, std::set<std::string> types) {
  caf::actor_config config;
  auto& system = *place.system;
  auto proxy = caf::make_actor<remote_actor, caf::strong_actor_ptr>(
      system.next_actor_id(), system.node(), &system, config, place, std::move(over), std::move(target),
      interface, std::move(types));
  static_cast<remote_actor*>(proxy->get())->watch();
  return proxy;
}

} // namespace troupe
