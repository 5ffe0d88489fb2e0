// What a deployer would want checked before the first user comes. Each check reads, tries and tells; nothing is
// repaired, nothing is left behind, and a server that runs beside it is not disturbed. Blocking; one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "server/config.h"
#include "storage/blob_path.h"

namespace lightfast::commands {

enum class Verdict { ok, warning, failed };
std::string_view to_string(Verdict verdict);  // "ok", "warning", "failed"

struct Check {
  std::string name;
  Verdict verdict = Verdict::ok;
  std::string found;
  std::string advice;  // what to do about it; empty where it is ok
};
using Checks = std::vector<Check>;

// The volume, the folders on it and what they lie on; free space and descriptors.
void check_places(const Config& config, const storage::DataLayout& layout, Checks& checks);

// What the database told, for the checks after it.
struct KnownFacts {
  std::string instance;  // empty where there is no database yet
  std::optional<Timestamp> newest_time;
  std::size_t usable_keys = 0;  // made by `lightfast keys`
};
KnownFacts check_database(const Config& config, const Clock& clock, Checks& checks);

void check_clock(const Clock& clock, const KnownFacts& facts, Checks& checks);
void check_keys(const Config& config, const storage::DataLayout& layout, const KnownFacts& facts, Checks& checks);

// Whether PUBLIC_BASE_URL leads to the server that keeps this database.
void check_public_url(const Config& config, const Clock& clock, const KnownFacts& facts, Checks& checks);

// Whether who is calling is known, and not whatever the caller says of himself.
void check_proxies(const Config& config, Checks& checks);

// Each provider's credentials, by a call that costs nothing.
void check_providers(const Config& config, const Clock& clock, Checks& checks);

}  // namespace lightfast::commands
