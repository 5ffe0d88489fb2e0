// An event stream of a provider as it goes on to the caller, event after event, some of them changed. A caller who
// leaves early stops nothing: the rest is read all the same, so that what was paid for is kept.
#pragma once

#include <memory>
#include <string>

#include "base/http_stream.h"
#include "server/http/message.h"
#include "server/proxy/answer_memory.h"

namespace lightfast::proxy {

class EventRewriter {
 public:
  virtual ~EventRewriter() = default;
  virtual Task<std::string> rewrite(std::string event) = 0;  // a whole event, as it stands
};

// Whether the rest is read when nobody wants it any more.
enum class Reading { to_the_end, while_wanted };

// To be called on the executor that the stream is read on. An event that `memory` does not cover passes as it comes.
Task<std::shared_ptr<http::BodyStream>> rewrite_events(HttpStream answer, std::shared_ptr<EventRewriter> rewriter,
                                                       Reading reading, AnswerMemory memory);

}  // namespace lightfast::proxy
