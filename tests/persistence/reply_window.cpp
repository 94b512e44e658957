// A reply is known as long as the window reaches; what has left it is expired and never fresh again.
#define CAF_SUITE persistence.reply_window
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <troupe/persistence/entity_core.hpp>

using namespace troupe;

namespace {

using verdict = reply_window::verdict;

std::string id_of(size_t n) {
  auto text = std::to_string(n);
  return std::string(26 - text.size(), '0') + text;
}

verdict look(const reply_window& window, const std::string& id, std::string* text = nullptr) {
  const std::string* reply = nullptr;
  auto result = window.look_up(id, reply);
  CAF_CHECK_EQUAL(reply != nullptr, result == verdict::repeated);
  if (reply && text)
    *text = *reply;
  return result;
}

reply_window filled(size_t from, size_t to) {
  reply_window window;
  for (size_t n = from; n <= to; ++n)
    window.add(id_of(n), "reply " + std::to_string(n));
  return window;
}

} // namespace

CAF_TEST(a reply is given again and a new id is fresh) {
  auto window = filled(1, 1);
  std::string text;
  CAF_CHECK(look(window, id_of(1), &text) == verdict::repeated);
  CAF_CHECK_EQUAL(text, "reply 1");
  CAF_CHECK(look(window, id_of(2)) == verdict::fresh);
  CAF_CHECK(look(window, id_of(0)) == verdict::fresh); // older, but nothing has been forgotten yet
}

CAF_TEST(the first reply stays when an id is added twice) {
  reply_window window;
  window.add(id_of(1), "first");
  window.add(id_of(1), "second");
  std::string text;
  look(window, id_of(1), &text);
  CAF_CHECK_EQUAL(text, "first");
}

CAF_TEST(what leaves the window is expired with everything older) {
  auto window = filled(10, 10 + limits::reply_window - 1);
  CAF_CHECK(look(window, id_of(10)) == verdict::repeated);
  window.add(id_of(5000), "one more");
  CAF_CHECK(look(window, id_of(10)) == verdict::expired);
  CAF_CHECK(look(window, id_of(9)) == verdict::expired);
  CAF_CHECK(look(window, id_of(11)) == verdict::repeated);
  CAF_CHECK(look(window, id_of(4000)) == verdict::fresh);
}

CAF_TEST(an old id that came late does not take back what is expired) {
  auto window = filled(10, 10 + limits::reply_window);
  CAF_CHECK(look(window, id_of(10)) == verdict::expired);
  reply_window late;
  late.add(id_of(5000), "newest first");
  for (size_t n = 1; n <= limits::reply_window + 1; ++n)
    late.add(id_of(n), "older");
  CAF_CHECK(look(late, id_of(5000)) == verdict::expired);
  CAF_CHECK(look(late, id_of(4999)) == verdict::expired);
}

CAF_TEST(a saved window loads whole) {
  auto window = filled(1, limits::reply_window + 5);
  Snapshot snapshot;
  window.save(snapshot);
  CAF_CHECK_EQUAL(static_cast<size_t>(snapshot.replies_size()), limits::reply_window);
  reply_window again;
  again.load(snapshot);
  std::string text;
  CAF_CHECK(look(again, id_of(6), &text) == verdict::repeated);
  CAF_CHECK_EQUAL(text, "reply 6");
  CAF_CHECK(look(again, id_of(5)) == verdict::expired);
  CAF_CHECK(look(again, id_of(limits::reply_window + 6)) == verdict::fresh);
  again.add(id_of(limits::reply_window + 6), "pushes the oldest out");
  CAF_CHECK(look(again, id_of(6)) == verdict::expired);
  CAF_CHECK(look(again, id_of(7)) == verdict::repeated);
}

CAF_TEST(what is forgotten is expired unless its reply is known) {
  auto window = filled(10, 12);
  window.forget(id_of(11));
  CAF_CHECK(look(window, id_of(10)) == verdict::repeated);
  CAF_CHECK(look(window, id_of(9)) == verdict::expired);
  CAF_CHECK(look(window, id_of(13)) == verdict::fresh);
  window.forget(id_of(3));
  CAF_CHECK(look(window, id_of(9)) == verdict::expired);
}
