// The decoding child's loop, apart from what it does with an image, so that tests can put a misbehaving one in.
#pragma once

#include <functional>

#include "base/error.h"
#include "server/imaging/byte_reader.h"
#include "server/imaging/image_probe.h"

namespace lightfast::imaging {

using DecodeFunction = std::function<Result<void>(Bytes file, const ImageFacts& facts)>;

// Serves requests on descriptor 3 until it is closed, or until it is time for a fresh process. Returns the exit code.
int serve_decode_requests(const DecodeFunction& decode);

}  // namespace lightfast::imaging
