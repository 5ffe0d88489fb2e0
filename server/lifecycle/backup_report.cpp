#include "server/lifecycle/backup_report.h"

namespace lightfast::lifecycle {
namespace {
constexpr std::size_t most_named = 1'000;
}

void add_lost(BackupReport& report, const db::StoredFile& file, const Error& error) {
  report.lost += 1;
  if (report.lost_files.size() < most_named) report.lost_files.push_back({file.id, file.user, explain(error)});
}

void add_kept(BackupReport& report, const db::StoredFile& file) {
  report.images += 1;
  report.bytes += file.file_size;
}

}  // namespace lightfast::lifecycle
