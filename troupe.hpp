// Everything a program that embeds troupe needs.
#pragma once

#include <troupe/actors/agent/toolbox.hpp>
#include <troupe/behaviors/behavior.hpp>
#include <troupe/behaviors/library.hpp>
#include <troupe/behaviors/rehearsal.hpp>
#include <troupe/behaviors/workflow_builder.hpp>
#include <troupe/net/node/node.hpp>
