#include "server/lifecycle/salvage.h"

#include "db/access.h"
#include "storage/blob_path.h"

namespace lightfast::lifecycle {
namespace {

// What the file is to blame for itself: it stays where it lies. Anything else is a failure of the disk or the database.
bool is_of_no_use(const Error& error) {
  switch (error.code) {
    case Errc::not_found:
    case Errc::conflict:
    case Errc::damaged:
    case Errc::invalid_image:
    case Errc::unsupported_image:
    case Errc::too_many_pixels:
    case Errc::too_large: return true;
    default: return false;
  }
}

}  // namespace

Result<void> Salvage::run(CheckRun& run, db::Visibility adopt_as) {
  for (const auto where : {storage::Aside::lost_and_found, storage::Aside::quarantine}) {
    if (auto taken = take_all(run, where, adopt_as); !taken) return taken;
  }
  return {};
}

Result<void> Salvage::take_all(CheckRun& run, storage::Aside where, db::Visibility adopt_as) {
  run.progress.begin("taking back what was set aside", 0);
  Result<void> told;
  auto listed = storage_.list_aside(where, [&](const std::string& name) {
    if (run.stop.stop_requested()) return false;
    auto repair = take(where, name, adopt_as);
    if (!repair) {
      ++run.failures;
      log_.error("a file that was set aside could not be taken back",
                 {{"file", name}, {"reason", explain(repair.error())}});
    } else if (*repair) {
      told = run.repaired(**repair);
    }
    run.progress.done += 1;
    return told.has_value();
  });
  return told ? listed : told;
}

Result<std::optional<Repair>> Salvage::take(storage::Aside where, const std::string& name, db::Visibility adopt_as) {
  const auto key = storage::former_key(name);
  const auto parts = key ? storage::parse_blob_key(*key) : std::nullopt;
  if (!parts) return std::optional<Repair>();
  auto row = db::read(database_, [&](const db::Session& session) { return session.stored_files().find(parts->image); });
  if (!row) return row.error();
  if (*row) return put_back(**row, where, name);
  return where == storage::Aside::lost_and_found ? adopt(where, name, adopt_as) : std::optional<Repair>();
}

Result<std::optional<Repair>> Salvage::adopt(storage::Aside where, const std::string& name, db::Visibility as) {
  auto adopted = adopter_.adopt(where, name, as);
  if (!adopted && is_of_no_use(adopted.error())) return std::optional<Repair>();
  if (!adopted) return adopted.error();
  return std::optional(Repair{Remedy::adopted, adopted->file_key, "as " + std::string(db::to_string(as))});
}

Result<std::optional<Repair>> Salvage::put_back(const db::StoredFile& row, storage::Aside where,
                                                const std::string& name) {
  auto whole = is_known_to_be_whole(row);
  if (!whole) return whole.error();
  if (*whole || row.purging) return std::optional<Repair>();
  auto put = mender_.put_back(row.id, where, name);
  if (!put && is_of_no_use(put.error())) return std::optional<Repair>();
  if (!put) return put.error();
  return std::optional(Repair{Remedy::put_back, row.file_key, "from " + std::string(to_string(where))});
}

Result<bool> Salvage::is_known_to_be_whole(const db::StoredFile& file) {
  auto status = storage_.status({file.file_key});
  if (!status && status.error().code == Errc::not_found) return false;
  if (!status) return status.error();
  return !file.damaged_at && status->stamp.text == file.file_stamp;
}

}  // namespace lightfast::lifecycle
