// What is stored, whose and of what kind, what comes and goes, and where that leads: `lightfast stats`. Looks at
// counters, never at images. Any thread; it must outlive its coroutines.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/clock.h"
#include "base/task.h"
#include "base/workers.h"
#include "db/database.h"
#include "server/lifecycle/retention.h"
#include "storage/disk_room.h"

namespace lightfast::admin {

class StatsCommand {
 public:
  StatsCommand(db::Database& database, const storage::DiskRoom& room, Workers& readers, const Clock& clock,
               const lifecycle::RetentionLimits& limits)
      : database_(database), room_(room), readers_(readers), clock_(clock), limits_(limits) {}

  // {"price_per_gb": 0.15} asks what it costs; it may be absent.
  Task<Result<boost::json::value>> run(boost::json::object arguments);

 private:
  db::Database& database_;
  const storage::DiskRoom& room_;
  Workers& readers_;
  const Clock& clock_;
  const lifecycle::RetentionLimits limits_;
};

}  // namespace lightfast::admin
