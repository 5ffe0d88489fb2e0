// A user's usage as the API shows it (docs/http-api.md). Pure functions.
#pragma once

#include <boost/json/object.hpp>

#include "server/images/user_service.h"

namespace lightfast::images {

boost::json::object usage_json(const UserId& user, const Usage& usage, const RetentionRule& rule);
boost::json::object day_json(const db::DayCounters& day);

}  // namespace lightfast::images
