// The zone in which an operator reads a clock. Glibc has one for the whole process: it is set once, at the start.
#pragma once

#include <chrono>
#include <string>

#include "base/clock.h"

namespace lightfast {

// Whether the system knows it: a name of its database ("Europe/Berlin"), "UTC", or a POSIX rule ("CET-1CEST,M3.5.0,…").
bool is_time_zone(const std::string& name);

// Before there are other threads. An empty name leaves the system's zone.
void use_time_zone(const std::string& name);

// What the process's zone is ahead of UTC at that time. Any thread.
std::chrono::seconds utc_offset_at(Timestamp time);

}  // namespace lightfast
