// Where an admin command tells how far it has come, and puts what is too long for one answer: pieces of JSON, or raw
// bytes. The answer itself is what the command returns.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/error.h"
#include "base/task.h"
#include "server/lifecycle/progress.h"

namespace lightfast::admin {

class Reply {
 public:
  virtual ~Reply() = default;

  lifecycle::Progress progress;  // shown to who waits, a few times a second

  // One JSON value, serialized, ahead of the answer. Fails when nobody listens any more. From the command's coroutine.
  virtual Task<Result<void>> part(std::string json) = 0;

  // Bytes ahead of the answer. Blocks until they are on their way. From a worker's thread.
  virtual Result<void> write(std::span<const std::byte> bytes) = 0;
};

}  // namespace lightfast::admin
