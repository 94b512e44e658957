// A control service over stub actors, on a real socket in a directory of its own. Include after CAF_SUITE is
// defined.
#pragma once

#include <caf/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <tests/support/scratch.hpp>
#include <troupe/net/api/access.hpp>
#include <troupe/net/api/client.hpp>
#include <troupe/net/api/control.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/memory_store.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/proto/journal.pb.h>

namespace troupe {

/// A directory that is gone with the test.
struct scratch_directory {
  test::scratch kept;
  std::string path = kept.path().string();
};

/// Writes a file, readable by this user alone unless told otherwise.
inline std::string write_file(const std::string& path, std::string_view text, mode_t mode = 0600) {
  std::ofstream{path} << text;
  ::chmod(path.c_str(), mode);
  return path;
}

/// Makes an entity known to a store, as its first event would.
inline void add_name(store& rows, const std::string& ref) {
  rows.write({{space::meta, name_key(identify(ref, rows.naming_key())), ref}});
}

/// Writes a listing's row.
inline void add_row(store& rows, const std::string& ref, index_table table,
                    const google::protobuf::Message& value) {
  rows.write({{space::index, index_key(identify(ref, rows.naming_key()), table, "", rows.naming_key()),
               value.SerializeAsString()}});
}

/// Writes an event as the journal would, decided alone.
inline void add_event(store& rows, const std::string& ref, uint64_t seq,
                      const google::protobuf::Message& event) {
  JournalRecord record;
  record.set_event(event.SerializeAsString());
  envelope header;
  header.type = record_type(event.GetDescriptor()->full_name());
  header.flags = last_of_append;
  header.time_us = 1'700'000'000'000'000 + static_cast<int64_t>(seq);
  rows.write({{space::journal, journal_key(identify(ref, rows.naming_key()), seq),
               wrap(header, record.SerializeAsString())}});
}

/// A node of stubs: nothing answers until play() gives a ref an actor.
struct control_node {
  static constexpr std::string_view admin = "11111111111111111111111111111111";
  static constexpr std::string_view operate = "22222222222222222222222222222222";
  static constexpr std::string_view view = "33333333333333333333333333333333";

  explicit control_node(size_t most_calls = limits::control_calls) : system{config}, most{most_calls} {
    doors parts;
    parts.time = std::make_shared<system_clock>();
    parts.rows = rows;
    parts.names = names;
    parts.ids = std::make_shared<id_source>(7);
    outside = std::make_shared<const doors>(std::move(parts));
    std::filesystem::create_directory(home.path + "/control");
    ::chmod((home.path + "/control").c_str(), 0700);
    write_file(control_tokens(home.path), "ada admin " + std::string{admin} + "\notto operator " +
                                              std::string{operate} + "\nvera viewer " + std::string{view} +
                                              "\n");
    start();
  }

  ~control_node() {
    server.reset();
    for (auto& name : names->awake())
      caf::anon_send_exit(names->find(name), caf::exit_reason::kill);
    for (auto& name : names->awake())
      names->erase(name, nullptr, {});
  }

  control_options options() {
    control_options with;
    with.system = &system;
    with.outside = outside;
    with.socket = control_socket(home.path);
    with.tokens = control_tokens(home.path);
    with.node = "n1";
    with.version = "0.1.0";
    with.started_ms = 1'700'000'000'000;
    with.hooks = hooks;
    with.most_calls = most;
    return with;
  }

  void start() {
    auto started = start_control(options());
    if (!started)
      CAF_FAIL("no control service: " << describe(started.error()));
    server = std::move(*started);
  }

  /// The actor behind a ref.
  template <class... Handlers>
  caf::actor play(const std::string& ref, Handlers... handlers) {
    auto actor = system.spawn([=](caf::event_based_actor* self) -> caf::behavior {
      house_rules(self);
      return {handlers...};
    });
    names->put(ref, actor);
    return actor;
  }

  control_client client(std::string_view token = admin) {
    return control_client{control_socket(home.path), secret{std::string{token}}};
  }

  struct types : caf::actor_system_config {
    types() {
      add_messages(*this);
      set("scheduler.max-threads", size_t{2});
    }
  };
  scratch_directory home;
  std::shared_ptr<memory_store> rows = open_memory(1);
  std::shared_ptr<directory> names = std::make_shared<directory>();
  doors_ptr outside;
  control_hooks hooks;
  types config;
  caf::actor_system system;
  size_t most;
  std::unique_ptr<control_server> server;
};

/// The code of a refusal; the test fails if there was an answer.
template <class T>
ec refused(const caf::expected<T>& answer) {
  if (answer) {
    if constexpr (proto_message<T>)
      CAF_FAIL("answered: " << to_log_text(*answer));
    else
      CAF_FAIL("answered");
  }
  return code_of(answer.error());
}

/// The answer; the test fails if there was none.
template <class T>
T answered(caf::expected<T> answer) {
  if (!answer)
    CAF_FAIL("refused: " << describe(answer.error()));
  return std::move(*answer);
}

} // namespace troupe
