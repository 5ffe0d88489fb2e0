// One core's way from a plain request to its ready answer: parsed by the small parser, found in an index of its own,
// sent in one call. No lock, no allocation and no database on the way; whatever is not plain, or not ready, is left to
// the full parser. One thread.
#pragma once

#include <array>
#include <functional>

#include "base/clock.h"
#include "server/fast/answer_cache.h"
#include "server/fast/answer_index.h"
#include "server/fast/plain_request.h"
#include "server/http/lane.h"

namespace lightfast::fast {

// Whether a request of this peer may be answered here; asked last, since it may count. Where not, the full parser
// decides, and says why.
using Admit = std::function<bool(const IpAddress& peer, const PlainRequest& request)>;

class FastLane final : public http::Lane {
 public:
  FastLane(AnswerCache& cache, const Clock& clock, Admit admit = {});  // none: all may

  void catch_up() override { answers_.catch_up(); }
  http::LaneAnswer serve(int socket, const IpAddress& peer, std::string_view input) override;
  void sweep() override;  // lets go of what is not good any more

 private:
  enum Status { ok, partial, not_modified };
  struct Choice {
    Status status;
    PlainRange range;  // of `partial`
  };

  http::LaneAnswer leave_as_miss();
  const AnswerIndex::Place* find(const PlainRequest& request);
  static std::optional<Choice> choose(const PlainRequest& request, const ReadyAnswer& answer);
  http::LaneAnswer send(int socket, const PlainRequest& request, const std::shared_ptr<ReadyAnswer>& answer,
                        const Choice& choice);
  std::string_view status_and_date(Status status);

  AnswerCache& cache_;
  LaneCounts& counts_;
  const Clock& clock_;
  const Admit admit_;
  AnswerIndex answers_;
  std::uint64_t drops_seen_ = 0;
  std::chrono::sys_seconds second_{};
  std::array<std::string, 3> lines_;  // by status: the first line and Date, good for `second_`
};

}  // namespace lightfast::fast
