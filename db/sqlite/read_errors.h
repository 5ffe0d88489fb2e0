// SQLite's file layer takes an EIO while reading for a corrupt file system and then calls the database malformed, which
// it may not be: the disk had trouble for a moment. With this, a failed read is an I/O error and nothing more.
#pragma once

namespace lightfast::db::sqlite {

// For the whole process, before the first connection is opened. Any thread, any number of times.
void keep_read_errors_apart_from_damage();

}  // namespace lightfast::db::sqlite
