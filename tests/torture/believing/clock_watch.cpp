// Linked into a server in place of server/lifecycle/clock_watch.cpp: it believes whatever the clock shows. The torture
// must notice.
#include "server/lifecycle/clock_watch.h"

namespace lightfast::lifecycle {

ClockWatch::ClockWatch(const ClockReading& first) : last_(first), anchor_(first), watched_since_(first.wall) {}

void ClockWatch::read(const ClockReading&) {}

}  // namespace lightfast::lifecycle
