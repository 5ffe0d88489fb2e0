#include <fmt/format.h>
#include <gif_lib.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "server/imaging/decode_image.h"
#include "server/imaging/structure.h"

namespace lightfast::imaging {
namespace {

struct CloseGif {
  void operator()(GifFileType* gif) const { DGifCloseFile(gif, nullptr); }
};

int read_bytes(GifFileType* gif, GifByteType* buffer, int length) {
  auto* reader = static_cast<ByteReader*>(gif->UserData);
  const auto taken = reader->take(std::min<std::size_t>(static_cast<std::size_t>(length), reader->remaining()));
  std::memcpy(buffer, taken->data(), taken->size());
  return static_cast<int>(taken->size());
}

Error damaged(const GifFileType& gif, std::uint64_t frame) {
  const char* reason = GifErrorString(gif.Error);
  return invalid(fmt::format("GIF: frame {}: {}", frame, reason == nullptr ? "damaged" : reason));
}

// Row by row in the order of the file: whether interlaced or not, the rows are as many and as long.
Result<void> decode_frame(GifFileType& gif, std::vector<GifPixelType>& row, std::uint64_t frame) {
  if (DGifGetImageHeader(&gif) != GIF_OK) return damaged(gif, frame);
  const int width = gif.Image.Width, height = gif.Image.Height;
  if (width <= 0 || height <= 0) return invalid("GIF: a frame without pixels");
  row.resize(static_cast<std::size_t>(width));
  for (int y = 0; y < height; ++y) {
    if (DGifGetLine(&gif, row.data(), width) != GIF_OK) return damaged(gif, frame);
  }
  return {};
}

Result<void> skip_extension(GifFileType& gif, std::uint64_t frame) {
  int code = 0;
  GifByteType* block = nullptr;
  if (DGifGetExtension(&gif, &code, &block) != GIF_OK) return damaged(gif, frame);
  while (block != nullptr) {
    if (DGifGetExtensionNext(&gif, &block) != GIF_OK) return damaged(gif, frame);
  }
  return {};
}

}  // namespace

Result<void> decode_gif(Bytes file, const ImageFacts& facts) {
  ByteReader reader(file);
  int error = 0;
  const std::unique_ptr<GifFileType, CloseGif> gif(DGifOpen(&reader, read_bytes, &error));
  if (!gif) return invalid("GIF: the header does not decode");
  std::vector<GifPixelType> row;
  std::uint64_t frames = 0;
  std::uint64_t first_width = 0, first_height = 0;
  while (true) {
    GifRecordType record = UNDEFINED_RECORD_TYPE;
    if (DGifGetRecordType(gif.get(), &record) != GIF_OK) return damaged(*gif, frames + 1);
    if (record == TERMINATE_RECORD_TYPE) break;
    const bool is_image = record == IMAGE_DESC_RECORD_TYPE;
    auto done = is_image ? decode_frame(*gif, row, frames + 1) : skip_extension(*gif, frames + 1);
    if (!done) return done;
    if (is_image && ++frames == 1) {
      first_width = static_cast<std::uint64_t>(gif->Image.Width);
      first_height = static_cast<std::uint64_t>(gif->Image.Height);
    }
  }
  const bool has_screen = gif->SWidth > 0 && gif->SHeight > 0;
  return has_screen
             ? check_decoded(facts, static_cast<unsigned>(gif->SWidth), static_cast<unsigned>(gif->SHeight), frames)
             : check_decoded(facts, first_width, first_height, frames);
}

}  // namespace lightfast::imaging
