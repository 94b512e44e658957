// NODE: store, journal, directory and the actors of a benchmark.
// Invariant: actors end before the journal, the journal before the store.

#include <future>
#include <tests/bench/bench.hpp>
#include <tests/bench/node.hpp>
#include <troupe/persistence/sealed_store.hpp>
#include <troupe/runtime/proto/journal.pb.h>

namespace troupe::bench {

config::config(size_t threads) {
  set_scheduler(*this, threads);
  add_messages(*this);
  add_bench_messages(*this);
}

node::node(wiring wire, const std::string& kept_in, bool sealed) {
  auto place = kept_in.empty() ? (place_.path() / "store").string() : kept_in;
  auto rows = open_rocksdb(place);
  ensure(static_cast<bool>(rows), "the store opens");
  if (sealed) {
    auto dressed = seal_store(*rows, open_key_file(place + "/keyring"), sealing_key::random(),
                              std::make_shared<system_clock>());
    ensure(static_cast<bool>(dressed), "the store is sealed");
    rows = dressed->rows;
  }
  begin(std::move(wire), *rows);
}

node::node(wiring wire, std::shared_ptr<store> rows, size_t threads) : config_{threads} {
  begin(std::move(wire), std::move(rows));
}

void node::begin(wiring wire, std::shared_ptr<store> rows) {
  system_.emplace(config_);
  auto time = std::make_shared<system_clock>();
  node_metrics meters;
  auto disk = start_journal(rows, time, meters);
  ensure(static_cast<bool>(disk), "the journal starts");
  doors_ = std::make_shared<doors>(doors{time,
                                         rows,
                                         std::move(*disk),
                                         std::make_shared<directory>(meters),
                                         std::make_shared<id_source>(random_seed()),
                                         start_workers(1),
                                         {},
                                         meters,
                                         &board_});
  std::promise<void> wired;
  root_ =
      system_->spawn([this, &wired, wire = std::move(wire)](caf::event_based_actor* self) -> caf::behavior {
        house_rules(self);
        wire(self, doors_);
        wired.set_value();
        return {[](const Tick&) {}};
      });
  wired.get_future().wait();
  wait_until_idle(); // actors begin on the scheduler's threads
}

node::~node() {
  auto end = [](const caf::actor& one) {
    if (one)
      caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
  };
  end(doors_->names->find(std::string{services::shard_host})); // first: it ends its entities
  for (auto& name : doors_->names->awake())
    end(doors_->names->find(name));
  end(root_);
  root_ = nullptr;
  system_->await_all_actors_done();
  for (auto& name : doors_->names->awake())
    doors_->names->erase(name, {}, {});
  doors_.reset();
  system_.reset();
}

} // namespace troupe::bench
