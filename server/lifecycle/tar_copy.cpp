#include "server/lifecycle/tar_copy.h"

#include <vector>

#include "storage/blob_path.h"

namespace lightfast::lifecycle {
namespace {

constexpr std::size_t piece_bytes = 256 << 10;

const storage::BackupLayout names = storage::backup_layout({});

}  // namespace

Result<void> TarCopy::add_database(const std::filesystem::path& file, Timestamp now) {
  const auto opened = files_.open_beneath(file.parent_path(), file.filename().string());
  if (!opened) return opened.error();
  const auto status = files_.status(opened->get());
  if (!status) return status.error();
  report_.database_bytes = status->size_bytes;
  if (auto begun = tar_.begin({names.data.database.string(), status->size_bytes, now, 0600}); !begun) return begun;
  std::vector<std::byte> buffer(piece_bytes);
  for (std::uint64_t offset = 0; offset < status->size_bytes;) {
    const auto length = files_.read_at(opened->get(), buffer, offset);
    if (!length) return length.error();
    if (*length == 0) break;
    offset += *length;
    if (auto written = tar_.write(std::span(buffer).first(*length)); !written) return written;
  }
  return tar_.end();
}

Result<void> TarCopy::add_api_key(const std::string& text, Timestamp now) {
  if (auto begun = tar_.begin({names.data.api_key.string(), text.size(), now, 0600}); !begun) return begun;
  if (auto written = tar_.write(std::as_bytes(std::span(text))); !written) return written;
  return tar_.end();
}

// Read twice: what is not what was stored must not be announced.
Result<void> TarCopy::add(const db::StoredFile& file) {
  if (const auto lost = source_.prove(file)) {
    if (!file.purging) add_lost(report_, file, lost->error);
    return {};
  }
  const std::string name = (names.data.images / file.file_key).string();
  if (auto begun = tar_.begin({name, file.file_size, file.id.made_at(), 0640}); !begun) return begun;
  const auto failure = source_.read(file, [this](auto bytes) { return tar_.write(bytes); });
  if (failure) return failure->error;
  add_kept(report_, file);
  report_.copied += 1;
  report_.copied_bytes += file.file_size;
  return tar_.end();
}

}  // namespace lightfast::lifecycle
