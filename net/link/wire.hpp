// WIRE: the door between the links and what carries them: gRPC, or a simulated net.
#pragma once

#include <caf/error.hpp>

namespace troupe {

class Frame;

/// One stream of frames to one other node and back. Thread-safe; it calls its end from threads of its own, never from within a
/// call to itself.
class wire {
public:
  virtual ~wire() = default;

  /// Sends a frame; wire_end::written() follows, and only then the next frame may be sent. Nothing follows a wire that ends.
  virtual void send(Frame&& frame) = 0;

  /// Ends the stream when what was sent has left; wire_end::closed() follows. May be repeated.
  virtual void finish() = 0;

  /// Ends the stream at once, whatever is on its way; wire_end::closed() follows. May be repeated.
  virtual void cancel() = 0;
};

/// Who speaks over a wire. What arrives, arrives whole, in order and once; one call at a time.
class wire_end {
public:
  virtual ~wire_end() = default;

  /// The wire carries from now on; called first.
  virtual void opened() = 0;

  /// A frame has come; it may be emptied.
  virtual void received(Frame& frame) = 0;

  /// The frame of the last send() has left; another thread than that of received() may say so.
  virtual void written() = 0;

  /// The stream has ended, with the reason as far as it is known; called once, and last.
  virtual void closed(const caf::error& reason) = 0;
};

} // namespace troupe
