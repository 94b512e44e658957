// The doors of the house on one page: <troupe/troupe.hpp> for programs that embed it. Files inside include what they use.
#pragma once

#include <troupe/actors/spawn.hpp>
#include <troupe/behaviors/bulkhead.hpp>
#include <troupe/behaviors/circuit_breaker.hpp>
#include <troupe/behaviors/library.hpp>
#include <troupe/behaviors/rate_limit.hpp>
#include <troupe/behaviors/registry.hpp>
#include <troupe/behaviors/rehearsal.hpp>
#include <troupe/net/api/client.hpp>
#include <troupe/net/api/control.hpp>
#include <troupe/net/node/node.hpp>
#include <troupe/persistence/doors.hpp>
#include <troupe/persistence/event_sourced.hpp>
#include <troupe/persistence/memory_store.hpp>
#include <troupe/runtime/config.hpp>
#include <troupe/runtime/interface/agent.hpp>
#include <troupe/runtime/interface/journal.hpp>
#include <troupe/runtime/interface/ops.hpp>
#include <troupe/runtime/interface/workflow.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/log.hpp>
#include <troupe/runtime/metrics.hpp>
#include <troupe/runtime/trace.hpp>
#include <troupe/runtime/version.hpp>
