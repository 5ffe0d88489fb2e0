// The cache of ready answers, put together with everyone who has to do with it: the database tells it which images may
// no longer be served, it tells the access recorder and the metrics what it sent, and each core gets its lane.
#pragma once

#include <memory>

#include "server/api.h"
#include "server/fast/answer_cache.h"
#include "server/http/lane.h"

namespace lightfast {

// Before anything is removed; `files` may be held open. Shared with those it is told to, which outlive the service.
std::shared_ptr<fast::AnswerCache> open_answer_cache(App& app, std::size_t files);

// Null where there are no lanes: with no memory for answers, and where every request is to be logged.
http::MakeLane lane_maker(App& app, Api& api, std::shared_ptr<fast::AnswerCache> cache);

}  // namespace lightfast
