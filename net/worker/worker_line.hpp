// WORKER LINE: the door between what a worker says and what carries it: gRPC, or a test.
#pragma once

#include <caf/error.hpp>

namespace troupe {

class FromWorker;
class ToWorker;

/// One stream of messages to a worker and back. Thread-safe; it calls its end from threads of its own, never from within a call to itself.
class worker_line {
public:
  virtual ~worker_line() = default;

  /// Sends a message; worker_line_end::written() follows, and only then the next may be sent.
  virtual void send(ToWorker&& message) = 0;

  /// Ends the stream with a reason, or well without one. Nothing is sent after it; the first reason counts.
  virtual void end(const caf::error& why) = 0;
};

/// Who speaks over a line. One call at a time, but for written().
class worker_line_end {
public:
  virtual ~worker_line_end() = default;

  /// A message has come; it may be emptied.
  virtual void received(FromWorker& message) = 0;

  /// The message of the last send() has left.
  virtual void written() = 0;

  /// The stream has ended; called once, and last.
  virtual void closed() = 0;
};

} // namespace troupe
