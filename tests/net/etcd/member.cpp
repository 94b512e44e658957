// A member asks for what is due, understands lost leases and lost claims, and never counts on more than it has.
#define CAF_SUITE net.etcd.member
#include <caf/test/unit_test.hpp>
#include <troupe/net/etcd/base64.hpp>
#include <troupe/net/etcd/member.hpp>
#include <troupe/runtime/error.hpp>

using namespace troupe;
using namespace troupe::etcd;

namespace {

constexpr int64_t lease_ms = 5000, renewal_ms = 1666, slack_ms = 1000;

// One member of a cluster "blue", at a time that passes by hand.
struct life {
  keys names{"blue"};
  member one{names, {}};
  int64_t now = 100'000;

  life() {
    one.join("a", {3, false});
  }

  void anew() {
    *this = life{};
  }
  call due() {
    auto asked = one.next(now);
    CAF_REQUIRE(asked);
    return *asked;
  }
  bool asks(call::to what) {
    auto asked = one.next(now);
    return asked && asked->what == what;
  }
  bool rests() {
    return !one.next(now);
  }
  // Answers what is due.
  caf::error answer(const std::string& text) {
    return one.answered(due(), text, now, now);
  }
  static std::string granted(int64_t id) {
    return R"({"ID":")" + std::to_string(id) + R"(","TTL":"5"})";
  }
  static std::string renewed(int64_t id) {
    return R"({"result":)" + granted(id) + "}";
  }
  static std::string done(int64_t revision = 9) {
    return R"({"header":{"revision":")" + std::to_string(revision) + R"("},"succeeded":true})";
  }
  std::string taken_by(presence as, int64_t lease) const {
    return R"({"header":{"revision":"9"},"responses":[{"response_txn":{"responses":[{"response_range":{"kvs":[{"key":")" +
           to_base64(names.member("a")) + R"(","value":")" + to_base64(presence_text(as)) + R"(","lease":")" +
           std::to_string(lease) + R"("}]}}]}}]})";
  }
  void settle(int64_t lease = 7) {
    CAF_CHECK(asks(call::to::grant));
    CAF_CHECK(!answer(granted(lease)));
    CAF_CHECK(asks(call::to::place));
    CAF_CHECK(!answer(done()));
    CAF_CHECK(rests());
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(etcd_member_tests, life)

CAF_TEST(before it joins it asks nothing) {
  member nobody{names, {}};
  nobody.claim({1});
  CAF_CHECK(!nobody.next(now));
  CAF_CHECK_EQUAL(nobody.due_ms(), INT64_MAX);
}

CAF_TEST(a lease is asked for and then a place under it) {
  auto asked = due();
  CAF_CHECK_EQUAL(asked.path, "/v3/lease/grant");
  CAF_CHECK_EQUAL(asked.body, R"({"TTL":"5"})");
  answer(granted(7));
  CAF_CHECK_EQUAL(one.sure_until_ms(), 0); // nobody knows of it yet
  asked = due();
  CAF_CHECK_EQUAL(asked.path, "/v3/kv/txn");
  CAF_CHECK(asked.body.find(R"("lease":"7")") != std::string::npos);
  answer(done());
  CAF_CHECK_EQUAL(one.sure_until_ms(), now + lease_ms - slack_ms);
  CAF_CHECK_EQUAL(one.due_ms(), now + renewal_ms);
}

CAF_TEST(a lease is sure from before it was asked for) {
  auto asked = due();
  auto sent = now;
  now += 900;
  CAF_CHECK(!one.answered(asked, granted(7), sent, now));
  answer(done());
  CAF_CHECK_EQUAL(one.sure_until_ms(), sent + lease_ms - slack_ms);
  now = sent + renewal_ms;
  asked = due();
  CAF_CHECK(asked.what == call::to::renew);
  sent = now;
  now += 900;
  CAF_CHECK(!one.answered(asked, renewed(7), sent, now));
  CAF_CHECK_EQUAL(one.sure_until_ms(), sent + lease_ms - slack_ms);
}

CAF_TEST(a longer lease than was asked for is not counted on and a shorter one is) {
  answer(R"({"ID":"7","TTL":"999999999999"})");
  answer(done());
  CAF_CHECK_EQUAL(one.sure_until_ms(), now + lease_ms - slack_ms);
  now += renewal_ms;
  answer(R"({"result":{"ID":"7","TTL":"2"}})");
  CAF_CHECK_EQUAL(one.sure_until_ms(), now - renewal_ms + lease_ms - slack_ms); // what was sure is
  now += renewal_ms;
  CAF_CHECK_EQUAL(code_of(answer(renewed(8))), ec::unavailable); // not ours
  CAF_CHECK(asks(call::to::renew));
}

CAF_TEST(a renewal comes before anything else) {
  settle();
  one.claim({1});
  one.release({2});
  one.announce({3, true});
  now += renewal_ms;
  CAF_CHECK(asks(call::to::renew));
  CAF_CHECK(!one.refused(due(), ec::unavailable)); // no answer: again
  CAF_CHECK(asks(call::to::renew));
  answer(renewed(7));
  CAF_CHECK(asks(call::to::place)); // what it says of itself
  answer(done());
  CAF_CHECK(asks(call::to::release));
  answer(done());
  CAF_CHECK(asks(call::to::claim));
  answer(done());
  CAF_CHECK(rests());
}

CAF_TEST(a lost lease takes all with it) {
  for (auto refused : {false, true}) {
    anew();
    settle();
    one.claim({1});
    one.release({2});
    now += renewal_ms;
    if (refused)
      CAF_CHECK(one.refused(due(), ec::not_found));
    else
      CAF_CHECK(!answer(R"({"result":{"ID":"7"}})")); // without TTL
    CAF_CHECK_EQUAL(one.sure_until_ms(), 0);
    settle(8); // rests: neither claim nor release is left
    CAF_CHECK_EQUAL(one.sure_until_ms(), now + lease_ms - slack_ms);
  }
}

CAF_TEST(a lease that is gone is noticed by whoever needs it) {
  settle();
  one.claim({1});
  CAF_CHECK(one.refused(due(), ec::not_found));
  CAF_CHECK(asks(call::to::grant));
  CAF_CHECK_EQUAL(one.sure_until_ms(), 0);
}

CAF_TEST(claims name the lease they are under and go in parts) {
  settle();
  std::vector<uint8_t> all(256);
  for (size_t i = 0; i < all.size(); ++i)
    all[i] = static_cast<uint8_t>(i);
  one.claim(all);
  for (size_t left = 256; left > 0; left -= 64) {
    auto asked = due();
    CAF_CHECK_EQUAL(asked.shards.size(), 64u);
    CAF_CHECK(asked.body.starts_with(R"({"compare":[{"key":")" + to_base64(names.member("a")) +
                                     R"(","target":"LEASE","lease":"7"}])"));
    CAF_CHECK(asked.body.find(R"("target":"CREATE","create_revision":"0")") != std::string::npos);
    answer(done());
  }
  CAF_CHECK(rests()); // those that others hold are for the caller to see
}

CAF_TEST(claims wait when its place is not its own any more) {
  settle();
  one.claim({1});
  CAF_CHECK(!answer(R"({"header":{"revision":"9"}})")); // did not hold
  CAF_CHECK(asks(call::to::place));
  CAF_CHECK_EQUAL(one.sure_until_ms(), 0);
  answer(done());
  CAF_CHECK(asks(call::to::claim));
}

CAF_TEST(a release is of what is held under this lease) {
  settle();
  one.release({1});
  auto asked = due();
  CAF_CHECK(asked.body.find(R"("compare":[{"key":")" + to_base64(names.shard(1)) +
                            R"(","target":"LEASE","lease":"7"}])") != std::string::npos);
  one.claim({1}); // meanwhile
  CAF_CHECK(!one.answered(asked, done(), now, now));
  CAF_CHECK(asks(call::to::claim));
  one.release({1});
  CAF_CHECK(asks(call::to::release));
}

CAF_TEST(a life before loses its lease and a later one stays) {
  answer(granted(7));
  CAF_CHECK(!answer(taken_by({2, false}, 5)));
  CAF_CHECK(asks(call::to::oust));
  CAF_CHECK_EQUAL(due().path, "/v3/lease/revoke");
  CAF_CHECK_EQUAL(due().body, R"({"ID":"5"})");
  CAF_CHECK(one.refused(due(), ec::not_found)); // it has ended by itself
  CAF_CHECK(asks(call::to::place));
  for (uint64_t other : {3u, 4u}) {
    CAF_CHECK(!answer(taken_by({other, false}, 6)));
    CAF_CHECK(rests());
    CAF_CHECK_EQUAL(one.sure_until_ms(), 0);
    CAF_CHECK(text_of(one.trouble()).find("incarnation " + std::to_string(other)) != std::string::npos);
    now = one.due_ms();
    answer(renewed(7));
    CAF_CHECK(asks(call::to::place));
  }
  answer(done());
  CAF_CHECK(!one.trouble());
}

CAF_TEST(a member that its view does not show is placed anew) {
  settle();
  cluster_view without;
  one.seen(8, without); // from before
  CAF_CHECK(rests());
  one.seen(9, without);
  CAF_CHECK(asks(call::to::place));
  answer(done(12));
  without.members["a"] = {3, false};
  one.seen(12, without);
  CAF_CHECK(rests());
}

CAF_TEST(what makes no sense changes nothing) {
  CAF_CHECK_EQUAL(code_of(answer("garbage")), ec::unavailable);
  CAF_CHECK(asks(call::to::grant));
  settle();
  one.claim({1});
  CAF_CHECK_EQUAL(code_of(answer("{}")), ec::unavailable);
  CAF_CHECK(asks(call::to::claim));
  now += renewal_ms;
  CAF_CHECK_EQUAL(code_of(answer(R"({"result":5})")), ec::unavailable);
  CAF_CHECK(asks(call::to::renew));
  CAF_CHECK_EQUAL(one.sure_until_ms(), now - renewal_ms + lease_ms - slack_ms);
}

CAF_TEST(leaving ends the lease and nothing comes after it) {
  settle();
  one.claim({1});
  one.leave();
  CAF_CHECK_EQUAL(one.sure_until_ms(), 0);
  CAF_CHECK(asks(call::to::end));
  CAF_CHECK_EQUAL(due().body, R"({"ID":"7"})");
  CAF_CHECK(!one.left());
  answer("{}");
  CAF_CHECK(one.left());
  CAF_CHECK(rests());
  anew();
  one.leave(); // without a lease there is nothing to end
  CAF_CHECK(one.left());
}

CAF_TEST_FIXTURE_SCOPE_END()
