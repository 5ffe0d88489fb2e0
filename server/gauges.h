// What is asked for at each scrape of /metrics, since it is known elsewhere: the store's totals, the disk, queues, the
// last cleanup, the process itself.
#pragma once

#include "base/metrics.h"
#include "server/app.h"

namespace lightfast {

void add_gauges(Metrics& metrics, App& app);  // both outlive the scrapes

}  // namespace lightfast
