// AVIF's image sequence: the moov box with its tracks, and where their samples (frames) lie. Pure functions.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "server/imaging/byte_reader.h"
#include "server/imaging/image_probe.h"

namespace lightfast::imaging {

struct AvifTracks {
  std::uint32_t width = 0, height = 0;
  std::uint32_t frames = 0;
  std::uint32_t pixel_bytes = 0;  // as the av1C boxes have it; 0 where none stands
};

// `moov` is the content of the moov box. Every picture track's samples must lie within the file and their pixels within
// the limits; the first one gives the size.
Result<AvifTracks> read_avif_tracks(Bytes moov, std::uint64_t file_bytes, const Limits& limits);

}  // namespace lightfast::imaging
