// SQLite's file layer takes an EIO while reading for a corrupt file system and then calls the database malformed, which
// it may not be: the disk had trouble for a moment. And why a write failed it forgets before anyone can ask.
#pragma once

namespace lightfast::db::sqlite {

// From here on a failed read is an I/O error and nothing more, and it is known why a write failed. For the whole
// process, before the first connection is opened. Any thread, any number of times.
void tell_file_errors_apart();

// Why this thread's last failed write of a database failed: errno; 0 where none has.
int last_write_errno();

}  // namespace lightfast::db::sqlite
