// The running server: the app, HTTP on top of it, the admin socket, and what goes on in the background, from start to
// SIGTERM.
#pragma once

#include "base/error.h"
#include "base/log.h"
#include "server/config.h"

namespace lightfast {

// Serves until SIGTERM or SIGINT, then finishes what runs (at most 25 s). Blocks; to be called once, from main.
Result<void> serve_until_signal(const Config& config, Logger& log);

}  // namespace lightfast
