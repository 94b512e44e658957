// MESSAGES; the only file here that sees Boost.JSON.
// Invariant: whatever the text, reading it gives an answer or an error.

#include <boost/json.hpp>
#include <charconv>
#include <fmt/format.h>
#include <troupe/net/etcd/base64.hpp>
#include <troupe/net/etcd/etcd_limits.hpp>
#include <troupe/net/etcd/messages.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe::etcd {
namespace {

namespace json = boost::json;

std::string_view text_in(const json::string& text) {
  return {text.data(), text.size()};
}

caf::error misunderstood(std::string_view what) {
  return make_error(ec::unavailable,
                    fmt::format("etcd answered what is no {}: is there an etcd at this address?", what));
}

// -- writing ------------------------------------------------------------------

std::string number(int64_t value) {
  return std::to_string(value);
}

// The first key behind all that begin with a prefix; its last byte is below 0xff.
std::string behind(std::string prefix) {
  ++prefix.back();
  return prefix;
}

json::object written(const transaction& what);

json::object written(const condition& one) {
  json::object out{{"key", to_base64(one.key)}};
  switch (one.what) {
  case condition::of::create_revision:
    out["target"] = "CREATE";
    out["create_revision"] = number(one.is);
    break;
  case condition::of::mod_revision:
    out["target"] = "MOD";
    out["mod_revision"] = number(one.is);
    break;
  case condition::of::lease:
    out["target"] = "LEASE";
    out["lease"] = number(one.is);
    break;
  }
  return out;
}

json::object written(const operation& one) {
  json::object inner{{"key", to_base64(one.key)}};
  switch (one.what) {
  case operation::kind::put:
    inner["value"] = to_base64(one.value);
    inner["lease"] = number(one.lease);
    return json::object{{"request_put", std::move(inner)}};
  case operation::kind::remove:
    return json::object{{"request_delete_range", std::move(inner)}};
  case operation::kind::read:
    return json::object{{"request_range", std::move(inner)}};
  case operation::kind::nested:
    return json::object{{"request_txn", written(one.inner)}};
  }
  return {};
}

template <class Items>
json::array written_all(const Items& items) {
  json::array out;
  for (auto& one : items)
    out.push_back(written(one));
  return out;
}

json::object written(const transaction& what) {
  return json::object{{"compare", written_all(what.when)},
                      {"success", written_all(what.then)},
                      {"failure", written_all(what.otherwise)}};
}

// -- reading ------------------------------------------------------------------

std::optional<json::value> parsed(std::string_view text) {
  json::error_code failed;
  json::parse_options strict;
  auto value = json::parse({text.data(), text.size()}, failed, {}, strict);
  return failed ? std::nullopt : std::optional{std::move(value)};
}

// Takes fields out of objects; one that is not what it should be is remembered.
class fields {
public:
  // A part that may be missing; null then.
  const json::object* part(const json::object& in, std::string_view name) {
    auto* found = in.if_contains(name);
    return found ? check(found->if_object()) : nullptr;
  }

  int64_t whole(const json::object& in, std::string_view name) {
    auto* found = in.if_contains(name);
    if (!found)
      return 0;
    int64_t value = -1;
    if (auto* text = found->if_string()) {
      auto end = text->data() + text->size();
      if (auto [stopped, failed] = std::from_chars(text->data(), end, value);
          failed != std::errc{} || stopped != end)
        value = -1;
    } else if (auto* plain = found->if_int64()) {
      value = *plain;
    }
    good = good && value >= 0;
    return std::max<int64_t>(value, 0);
  }

  bool yes(const json::object& in, std::string_view name) {
    auto* found = in.if_contains(name);
    auto* value = found ? found->if_bool() : nullptr;
    good = good && (!found || value);
    return value && *value;
  }

  std::string_view text(const json::object& in, std::string_view name) {
    auto* found = in.if_contains(name);
    auto* value = found ? check(found->if_string()) : nullptr;
    return value ? text_in(*value) : std::string_view{};
  }

  std::string bytes(const json::object& in, std::string_view name) {
    auto plain = from_base64(text(in, name));
    good = good && plain;
    return plain ? std::move(*plain) : std::string{};
  }

  // Calls `each` for the objects of a list that may be missing.
  template <class Each>
  void list(const json::object& in, std::string_view name, Each each) {
    auto* found = in.if_contains(name);
    if (auto* all = found ? check(found->if_array()) : nullptr)
      for (auto& item : *all)
        if (auto* one = check(item.if_object()))
          each(*one);
  }

  int64_t revision(const json::object& in) {
    auto* header = part(in, "header");
    return header ? whole(*header, "revision") : 0;
  }

  row one_row(const json::object& in) {
    row out{bytes(in, "key"), bytes(in, "value"), whole(in, "create_revision"), whole(in, "mod_revision"),
            whole(in, "lease")};
    good = good && !out.key.empty();
    return out;
  }

  bool good = true;

private:
  template <class T>
  const T* check(const T* value) {
    good = good && value;
    return value;
  }
};

// The answer as an object that `take` reads; without that, an error.
template <class Answer, class Take>
caf::expected<Answer> read_object(std::string_view text, std::string_view what, Take take) {
  auto value = parsed(text);
  auto* object = value ? value->if_object() : nullptr;
  if (!object)
    return misunderstood(what);
  fields from;
  Answer answer;
  take(from, *object, answer);
  if (!from.good)
    return misunderstood(what);
  return answer;
}

// As read_object(), of the part `result` of a stream.
template <class Answer, class Take>
caf::expected<Answer> read_streamed(std::string_view text, std::string_view what, Take take) {
  bool refused = false;
  auto answer = read_object<Answer>(text, what, [&](fields& from, const json::object& in, Answer& to) {
    refused = in.contains("error");
    if (auto* result = refused ? nullptr : from.part(in, "result"))
      take(from, *result, to);
    else
      from.good = false;
  });
  return refused ? caf::expected<Answer>{refusal(0, text)} : std::move(answer);
}

void read_responses(fields& from, const json::object& in, transaction_answer& to) {
  from.list(in, "responses", [&](const json::object& response) {
    if (auto* range = from.part(response, "response_range"))
      from.list(*range, "kvs", [&](const json::object& found) { to.found.push_back(from.one_row(found)); });
    if (auto* inner = from.part(response, "response_txn")) {
      to.inner_held = from.yes(*inner, "succeeded") || to.inner_held;
      read_responses(from, *inner, to);
    }
  });
}

// What a person may read of etcd's words.
std::string shown(std::string_view text) {
  std::string out{text.substr(0, limits::etcd_text_bytes)};
  for (auto& letter : out)
    if (letter < ' ' || letter > '~')
      letter = '?';
  return out;
}

} // namespace

std::string grant_text(int64_t ttl_s) {
  return json::serialize(json::object{{"TTL", number(ttl_s)}});
}

std::string lease_text(int64_t id) {
  return json::serialize(json::object{{"ID", number(id)}});
}

std::string transaction_text(const transaction& what) {
  return json::serialize(written(what));
}

std::string range_text(const std::string& prefix, size_t most) {
  return json::serialize(json::object{{"key", to_base64(prefix)},
                                      {"range_end", to_base64(behind(prefix))},
                                      {"limit", number(static_cast<int64_t>(most))}});
}

std::string watch_text(const std::string& prefix, int64_t from_revision) {
  return json::serialize(
      json::object{{"create_request", json::object{{"key", to_base64(prefix)},
                                                   {"range_end", to_base64(behind(prefix))},
                                                   {"start_revision", number(from_revision)}}}});
}

std::string login_text(const std::string& user, const secret& password) {
  return json::serialize(json::object{{"name", user}, {"password", password.reveal()}});
}

caf::expected<lease_answer> read_lease(std::string_view text) {
  return read_object<lease_answer>(text, "lease", [](fields& from, const json::object& in, lease_answer& to) {
    to = {from.whole(in, "ID"), from.whole(in, "TTL")};
    from.good = from.good && to.id > 0 && to.ttl_s > 0;
  });
}

caf::expected<lease_answer> read_renewal(std::string_view text) {
  return read_streamed<lease_answer>(text, "renewal",
                                     [](fields& from, const json::object& in, lease_answer& to) {
                                       to = {from.whole(in, "ID"), from.whole(in, "TTL")};
                                       from.good = from.good && to.id > 0;
                                     });
}

caf::expected<transaction_answer> read_transaction(std::string_view text) {
  return read_object<transaction_answer>(text, "transaction",
                                         [](fields& from, const json::object& in, transaction_answer& to) {
                                           to.revision = from.revision(in);
                                           from.good = from.good && to.revision > 0;
                                           to.held = from.yes(in, "succeeded");
                                           read_responses(from, in, to);
                                         });
}

caf::expected<range_answer> read_range(std::string_view text) {
  return read_object<range_answer>(text, "range", [](fields& from, const json::object& in, range_answer& to) {
    to.revision = from.revision(in);
    from.good = from.good && to.revision > 0;
    to.more = from.yes(in, "more");
    from.list(in, "kvs", [&](const json::object& found) { to.rows.push_back(from.one_row(found)); });
  });
}

caf::expected<watch_answer> read_watch(std::string_view line) {
  return read_streamed<watch_answer>(
      line, "watch", [](fields& from, const json::object& in, watch_answer& to) {
        if (auto kept = from.whole(in, "compact_revision"); kept > 0)
          to.ended = fmt::format("what was before revision {} is not kept", kept);
        else if (from.yes(in, "canceled"))
          to.ended = fmt::format("the watch was ended: {}", shown(from.text(in, "cancel_reason")));
        from.list(in, "events", [&](const json::object& event) {
          auto type = from.text(event, "type");
          from.good = from.good && (type.empty() || type == "PUT" || type == "DELETE");
          if (auto* now = from.part(event, "kv"))
            to.changes.push_back({type == "DELETE", from.one_row(*now)});
          else
            from.good = false;
        });
      });
}

caf::expected<secret> read_token(std::string_view text) {
  return read_object<secret>(text, "token", [](fields& from, const json::object& in, secret& to) {
    auto token = from.text(in, "token");
    auto fits = [](char letter) { return letter > ' ' && letter <= '~'; };
    from.good = from.good && !token.empty() && token.size() <= limits::etcd_token_bytes &&
                std::all_of(token.begin(), token.end(), fits);
    to = secret{std::string{token}};
  });
}

caf::error refusal(long status, std::string_view text) {
  auto value = parsed(text);
  auto* object = value ? value->if_object() : nullptr;
  fields from;
  if (auto* streamed = object ? object->if_contains("error") : nullptr; streamed && streamed->is_object())
    object = &streamed->get_object();
  if (!object)
    return make_error(ec::unavailable,
                      fmt::format("etcd answered {}: is there an etcd at this address?", status));
  auto words = from.text(*object, "message");
  if (words.empty())
    words = from.text(*object, "error");
  auto code = std::max(from.whole(*object, "code"), from.whole(*object, "grpc_code")); // of gRPC
  auto told = [&](ec as) { return make_error(as, fmt::format("etcd says: {}", shown(words))); };
  if (code == 5 && words.find("lease not found") != std::string_view::npos)
    return told(ec::not_found);
  if (status == 401 || code == 16 || words.find("revision of auth store is old") != std::string_view::npos)
    return told(ec::unauthenticated);
  return told(ec::unavailable);
}

std::string presence_text(const presence& as) {
  json::object out{{"incarnation", std::to_string(as.incarnation)}};
  if (as.draining)
    out["draining"] = true;
  return json::serialize(out);
}

std::optional<presence> read_presence(std::string_view text) {
  auto read = read_object<presence>(text, "presence", [](fields& from, const json::object& in, presence& to) {
    auto words = from.text(in, "incarnation");
    auto [end, failed] = std::from_chars(words.data(), words.data() + words.size(), to.incarnation);
    from.good = from.good && !words.empty() && failed == std::errc{} && end == words.data() + words.size();
    to.draining = from.yes(in, "draining");
  });
  return read ? std::optional{*read} : std::nullopt;
}

} // namespace troupe::etcd
