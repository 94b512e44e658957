// What etcd says is understood, and what nobody says does no harm. The answers are those of etcd 3.4.23.
#define CAF_SUITE net.etcd.messages
#include <caf/test/unit_test.hpp>
#include <troupe/net/etcd/base64.hpp>
#include <troupe/net/etcd/messages.hpp>
#include <troupe/runtime/error.hpp>

using namespace troupe;
using namespace troupe::etcd;
using namespace std::string_literals;

namespace {

const auto header =
    R"("header":{"cluster_id":"15118495548433857066","member_id":"13668033151171901709","revision":"4","raft_term":"2"})"s;
const auto one_row =
    R"({"key":"L3Ryb3VwZS94L21lbWJlcnMvYQ==","create_revision":"2","mod_revision":"3","version":"1",)"
    R"("value":"eyJpbmNhcm5hdGlvbiI6IjEifQ==","lease":"4111120370856931592"})"s;

// Every reader says that this is nothing it knows.
bool nobody_reads(std::string_view text) {
  auto codes = {code_of(read_lease(text).error()), code_of(read_renewal(text).error()),
                code_of(read_range(text).error()), code_of(read_transaction(text).error()),
                code_of(read_watch(text).error()), code_of(read_token(text).error())};
  return std::all_of(codes.begin(), codes.end(), [](ec code) { return code == ec::unavailable; });
}

} // namespace

CAF_TEST(leases are read) {
  auto granted = read_lease("{" + header + R"(,"ID":"4111120370856931590","TTL":"5"})");
  CAF_REQUIRE(granted);
  CAF_CHECK_EQUAL(granted->id, 4111120370856931590);
  CAF_CHECK_EQUAL(granted->ttl_s, 5);
  auto renewed = read_renewal(R"({"result":{)" + header + R"(,"ID":"77","TTL":"3"}})" + "\n");
  CAF_REQUIRE(renewed);
  CAF_CHECK_EQUAL(renewed->ttl_s, 3);
  auto lost = read_renewal(R"({"result":{)" + header + R"(,"ID":"77"}})"); // an expired lease: no TTL
  CAF_REQUIRE(lost);
  CAF_CHECK_EQUAL(lost->ttl_s, 0);
}

CAF_TEST(rows are read) {
  auto read = read_range("{" + header + R"(,"kvs":[)" + one_row + R"(],"more":true,"count":"2"})");
  CAF_REQUIRE(read);
  CAF_CHECK_EQUAL(read->revision, 4);
  CAF_CHECK(read->more);
  CAF_REQUIRE_EQUAL(read->rows.size(), 1u);
  CAF_CHECK_EQUAL(read->rows[0].key, "/troupe/x/members/a");
  CAF_CHECK_EQUAL(read->rows[0].value, R"({"incarnation":"1"})");
  CAF_CHECK_EQUAL(read->rows[0].mod_revision, 3);
  CAF_CHECK_EQUAL(read->rows[0].lease, 4111120370856931592);
  auto none = read_range("{" + header + "}");
  CAF_CHECK(none && none->rows.empty() && !none->more);
}

CAF_TEST(transactions are read with those inside) {
  auto done = read_transaction(
      "{" + header + R"(,"succeeded":true,"responses":[{"response_put":{"header":{"revision":"4"}}}]})");
  CAF_CHECK(done && done->held && !done->inner_held && done->revision == 4);
  auto inner =
      read_transaction("{" + header + R"(,"responses":[{"response_txn":{"header":{},"succeeded":true}}]})");
  CAF_CHECK(inner && !inner->held && inner->inner_held);
  auto other = read_transaction("{" + header +
                                R"(,"responses":[{"response_txn":{"responses":[{"response_range":{"kvs":[)" +
                                one_row + "]}}]}}]}");
  CAF_REQUIRE(other && other->found.size() == 1);
  CAF_CHECK(!other->held && !other->inner_held);
}

CAF_TEST(watches are read) {
  auto created = read_watch(R"({"result":{)" + header + R"(,"created":true}})");
  CAF_CHECK(created && created->changes.empty() && created->ended.empty());
  auto told =
      read_watch(R"({"result":{)" + header + R"(,"events":[{"kv":)" + one_row +
                 R"(},{"type":"DELETE","kv":{"key":"L3Ryb3VwZS94L3NoYXJkcy8wMDE=","mod_revision":"4"}}]}})");
  CAF_REQUIRE(told && told->changes.size() == 2);
  CAF_CHECK(!told->changes[0].gone && told->changes[1].gone);
  CAF_CHECK_EQUAL(told->changes[1].now.key, "/troupe/x/shards/001");
  auto compacted = read_watch(R"({"result":{"header":{},"canceled":true,"compact_revision":"3"}})");
  CAF_CHECK(compacted && compacted->ended.find("revision 3") != std::string::npos);
  auto ended = read_watch(R"({"result":{"canceled":true,"cancel_reason":"permission denied"}})");
  CAF_CHECK(ended && ended->ended.find("permission denied") != std::string::npos);
  auto broken = read_watch(
      R"({"error":{"grpc_code":14,"http_code":503,"message":"etcdserver: no leader","http_status":"Service Unavailable"}})");
  CAF_CHECK_EQUAL(describe(broken.error()), "unavailable: etcd says: etcdserver: no leader");
}

CAF_TEST(refusals have a meaning) {
  auto gone =
      R"({"error":"etcdserver: requested lease not found","message":"etcdserver: requested lease not found","code":5})";
  CAF_CHECK_EQUAL(code_of(refusal(404, gone)), ec::not_found);
  CAF_CHECK_EQUAL(code_of(refusal(404, "Not Found")), ec::unavailable); // no etcd
  CAF_CHECK_EQUAL(code_of(refusal(401, R"({"error":"etcdserver: invalid auth token","code":16})")),
                  ec::unauthenticated);
  CAF_CHECK_EQUAL(code_of(refusal(400, R"({"error":"etcdserver: revision of auth store is old","code":3})")),
                  ec::unauthenticated);
  CAF_CHECK_EQUAL(code_of(refusal(403, R"({"error":"etcdserver: permission denied","code":7})")),
                  ec::unavailable);
  auto bells = text_of(refusal(500, "{\"error\":\"\\u0007" + std::string(9999, 'x') + "\"}"));
  CAF_CHECK(bells.size() < 300 && bells.find('\a') == std::string::npos);
  for (auto text : {"", "[]", "{}", R"({"error":5,"code":"x"})", R"({"error":{"message":[]}})"})
    CAF_CHECK_EQUAL(code_of(refusal(500, text)), ec::unavailable);
}

CAF_TEST(garbage is unavailable and nothing else) {
  for (
      auto text :
      {""s, " "s, "{"s, "[]"s, "null"s, "5"s, "\"x\""s, "<html></html>"s, "\xff\xfe"s, "{\"result\":[]}"s,
       "{\"result\":{}}"s.substr(0, 9), "{} {}"s, std::string(100'000, '['), std::string(50, '{'), "\0"s,
       "{\"ID\":"s,
       "{\"header\":5,\"ID\":[],\"TTL\":{},\"kvs\":5,\"responses\":5,\"token\":7,\"result\":{\"header\":5,\"ID\":{},\"events\":5}}"s})
    CAF_CHECK(nobody_reads(text));
}

CAF_TEST(wrong numbers and wrong bytes are refused) {
  for (auto number :
       {"-1", "\"-1\"", "\"x\"", "\"\"", "\"9223372036854775808\"", "1e3", "true", "{}", "\"1 \""}) {
    auto text = R"({"header":{"revision":)" + std::string{number} + "}}";
    CAF_CHECK_EQUAL(code_of(read_range(text).error()), ec::unavailable);
  }
  CAF_CHECK(read_range(R"({"header":{"revision":7}})"));
  CAF_CHECK(!read_range(R"({"header":{"revision":"7"},"kvs":[{"key":"!"}]})"));
  CAF_CHECK(!read_range(R"({"header":{"revision":"7"},"kvs":[{"value":"YQ=="}]})")); // no key
  CAF_CHECK(!read_range(R"({"header":{"revision":"7"},"kvs":[5]})"));
  CAF_CHECK(!read_watch(R"({"result":{"events":[{"type":"EAT","kv":{"key":"YQ=="}}]}})"));
  CAF_CHECK(!read_watch(R"({"result":{"events":[{}]}})"));
  CAF_CHECK(!read_lease(R"({"ID":"0","TTL":"5"})"));
}

CAF_TEST(a token fits into a header) {
  auto good = read_token(R"({"token":"abc.7"})");
  CAF_CHECK(good && good->reveal() == "abc.7");
  for (auto text : {R"({"token":""})", R"({"token":"a\r\nX: y"})", R"({"token":"a b"})", "{}"})
    CAF_CHECK(!read_token(text));
  CAF_CHECK(!read_token(R"({"token":")" + std::string(9000, 'a') + "\"}"));
}

CAF_TEST(requests are as etcd reads them) {
  CAF_CHECK_EQUAL(grant_text(5), R"({"TTL":"5"})");
  CAF_CHECK_EQUAL(lease_text(77), R"({"ID":"77"})");
  CAF_CHECK_EQUAL(range_text("/a/", 9),
                  R"({"key":"L2Ev","range_end":")" + to_base64("/a0") + R"(","limit":"9"})");
  CAF_CHECK(watch_text("/a/", 8).find(R"("start_revision":"8")") != std::string::npos);
  CAF_CHECK_EQUAL(
      transaction_text(
          {{{condition::of::lease, "k", 7}},
           {{operation::kind::put, "k", "v", 7, {}}},
           {{operation::kind::nested, {}, {}, 0, {{}, {{operation::kind::remove, "k", {}, 0, {}}}, {}}}}}),
      R"({"compare":[{"key":"aw==","target":"LEASE","lease":"7"}],"success":[{"request_put":{"key":"aw==","value":"dg==","lease":"7"}}],)"
      R"("failure":[{"request_txn":{"compare":[],"success":[{"request_delete_range":{"key":"aw=="}}],"failure":[]}}]})");
}

CAF_TEST(what a member says of itself comes back and what is none is nothing) {
  for (auto as : {presence{1, false}, presence{UINT64_MAX, true}})
    CAF_CHECK(read_presence(presence_text(as)) == as);
  CAF_CHECK(read_presence(R"({"incarnation":"7","later":[1]})") == (presence{7, false})); // of a newer member
  for (auto text : {"", "{}", "[]", R"({"incarnation":7})", R"({"incarnation":"-7"})",
                    R"({"incarnation":"7","draining":"no"})"})
    CAF_CHECK(!read_presence(text));
}
