// The statistics of StatsCommand as tables for a terminal. Pure.
#pragma once

#include <boost/json/object.hpp>
#include <ostream>

namespace lightfast::commands {

void print_stats(std::ostream& out, const boost::json::object& stats);

}  // namespace lightfast::commands
