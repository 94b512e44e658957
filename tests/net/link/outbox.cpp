// Urgent first, within the window of the other side and the room of this one; frames grow to a soft limit.
#define CAF_SUITE net.link.outbox
#include <troupe/net/link/outbox.hpp>

using namespace troupe;

namespace {

Envelope envelope(Envelope::Kind kind, uint64_t correlation, size_t payload = 0, bool urgent = false) {
  Envelope made;
  made.set_kind(kind);
  made.set_correlation(correlation);
  made.set_payload(std::string(payload, 'x'));
  made.set_urgent(urgent);
  return made;
}

// The correlations of the next frame.
std::vector<uint64_t> next(
    outbox& from, const std::function<bool(uint64_t)>& wanted = [](uint64_t) { return true; }) {
  Frame frame;
  from.fill(frame, wanted);
  std::vector<uint64_t> all;
  for (auto& one : frame.envelopes())
    all.push_back(one.correlation());
  return all;
}

using numbers = std::vector<uint64_t>;

} // namespace

CAF_TEST(urgent envelopes leave first and questions take turns with answers) {
  outbox box;
  box.set_window({100, 1 << 20});
  for (uint64_t i : {1, 2})
    CAF_CHECK(box.push(envelope(Envelope::NOTE, i)));
  for (uint64_t i : {11, 12})
    CAF_CHECK(box.push(envelope(Envelope::REPLY, i)));
  CAF_CHECK(box.push(envelope(Envelope::REQUEST, 21, 0, true)));
  CAF_CHECK(box.push(envelope(Envelope::CANCEL, 22, 0, true)));
  CAF_CHECK_EQUAL(box.size(), 6u);
  CAF_CHECK_EQUAL(next(box), (numbers{22, 21, 11, 1, 12, 2}));
  CAF_CHECK_EQUAL(next(box), numbers{});
}

CAF_TEST(an eighth of the window is left to urgent work) {
  outbox box;
  box.set_window({16, 1 << 20});
  for (uint64_t i = 1; i <= 20; ++i)
    box.push(envelope(Envelope::NOTE, i));
  CAF_CHECK_EQUAL(next(box).size(), 14u);
  for (uint64_t i = 101; i <= 103; ++i)
    box.push(envelope(Envelope::NOTE, i, 0, true));
  CAF_CHECK_EQUAL(next(box), (numbers{101, 102}));
  box.push(envelope(Envelope::REPLY, 201));
  box.push(envelope(Envelope::CANCEL, 202, 0, true));
  CAF_CHECK_EQUAL(next(box), (numbers{202, 201}));
  CAF_CHECK(box.done({10, 10 * limits::link_envelope_bytes}));
  CAF_CHECK_EQUAL(next(box), (numbers{103, 15, 16, 17, 18, 19, 20}));
}

CAF_TEST(the window counts bytes too and lets a single large envelope pass) {
  outbox box;
  box.set_window({100, 10'000});
  box.push(envelope(Envelope::NOTE, 1, 50'000));
  box.push(envelope(Envelope::NOTE, 2, 10));
  CAF_CHECK_EQUAL(next(box), numbers{1});
  CAF_CHECK_EQUAL(next(box), numbers{});
  CAF_CHECK(box.done({1, 50'000 + limits::link_envelope_bytes}));
  CAF_CHECK_EQUAL(next(box), numbers{2});
}

CAF_TEST(more cannot be done than was sent) {
  outbox box;
  box.set_window({100, 1 << 20});
  box.push(envelope(Envelope::NOTE, 1));
  next(box);
  CAF_CHECK(!box.done({2, 100}));
  CAF_CHECK(!box.done({1, limits::link_envelope_bytes + 1}));
  CAF_CHECK(box.done({1, limits::link_envelope_bytes}));
}

CAF_TEST(room is counted with what an envelope costs besides its payload) {
  outbox box{64 * limits::link_envelope_bytes};
  uint64_t taken = 0;
  while (box.push(envelope(Envelope::NOTE, taken + 1)))
    ++taken;
  CAF_CHECK_EQUAL(taken, 56u);
  CAF_CHECK(box.push(envelope(Envelope::NOTE, 100, 0, true)));
  for (uint64_t i = 0; i < 64; ++i) // answers have room of their own
    CAF_CHECK(box.push(envelope(Envelope::REPLY, i)));
  CAF_CHECK(!box.push(envelope(Envelope::REPLY, 65)));
  box.push_anyway(envelope(Envelope::ERROR, 65));
  CAF_CHECK_EQUAL(box.answer_bytes(), 65 * limits::link_envelope_bytes);
}

CAF_TEST(a frame ends where it is full and the rest is the next one) {
  outbox box;
  box.set_window({1'000'000, 1ull << 40});
  for (uint64_t i = 1; i <= 10; ++i)
    box.push(envelope(Envelope::NOTE, i, 100'000));
  CAF_CHECK_EQUAL(next(box), (numbers{1, 2, 3}));
  CAF_CHECK_EQUAL(next(box), (numbers{4, 5, 6}));
}

CAF_TEST(a request nobody wants any more stays here) {
  outbox box;
  box.set_window({100, 1 << 20});
  for (uint64_t i = 1; i <= 3; ++i)
    box.push(envelope(Envelope::REQUEST, i));
  CAF_CHECK_EQUAL(next(box, [](uint64_t i) { return i != 2; }), (numbers{1, 3}));
  CAF_CHECK(box.done({2, 2 * limits::link_envelope_bytes}));
  CAF_CHECK(!box.done({3, 2 * limits::link_envelope_bytes}));
}

CAF_TEST(a cancel passes a queue of notes) {
  outbox box{size_t{1} << 30};
  box.set_window({limits::link_window_envelopes, limits::link_window_bytes});
  uint64_t queued = 0;
  for (; queued < 1'000'000; ++queued)
    if (!box.push(envelope(Envelope::NOTE, queued)))
      break;
  CAF_CHECK_EQUAL(queued, 1'000'000u);
  CAF_CHECK(box.push(envelope(Envelope::CANCEL, 7, 0, true)));
  CAF_CHECK_EQUAL(next(box).front(), 7u);
}
