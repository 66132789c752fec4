#include "archive/schema.h"

#include "chat/archive.h"

namespace loquat::archive {
namespace {

constexpr const char* tables = R"sql(
BEGIN IMMEDIATE;
CREATE TABLE room(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  topic TEXT NOT NULL DEFAULT '',
  topic_nick TEXT NOT NULL DEFAULT '',
  topic_time INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE event(
  seq INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  room INTEGER,
  nick TEXT NOT NULL,
  origin TEXT NOT NULL,
  target TEXT NOT NULL,
  text TEXT NOT NULL,
  tag TEXT NOT NULL,
  ref INTEGER NOT NULL
) STRICT;
CREATE INDEX event_by_room ON event(room) WHERE room IS NOT NULL;
CREATE TABLE ban(
  target TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  nick TEXT NOT NULL DEFAULT '',
  setter TEXT NOT NULL DEFAULT '',
  time INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE counter(
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counter VALUES('reserved', 0);
PRAGMA application_id = 0x4C6F7154;
PRAGMA user_version = 2;
COMMIT;
)sql";

constexpr const char* from_version_1 = R"sql(
BEGIN IMMEDIATE;
ALTER TABLE ban ADD COLUMN nick TEXT NOT NULL DEFAULT '';
ALTER TABLE ban ADD COLUMN setter TEXT NOT NULL DEFAULT '';
ALTER TABLE ban ADD COLUMN time INTEGER NOT NULL DEFAULT 0;
PRAGMA user_version = 2;
COMMIT;
)sql";

}  // namespace

void set_up(Database& database, bool durable) {
  database.execute(durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=OFF");
  database.execute(
      "PRAGMA wal_autocheckpoint=0; PRAGMA secure_delete=ON;"
      "PRAGMA cache_size=-8192; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0; PRAGMA trusted_schema=OFF");
}

void open_schema(Database& database, const std::string& path) {
  const std::int64_t mark = database.integer("PRAGMA application_id");
  const std::int64_t version = database.integer("PRAGMA user_version");
  const bool empty = database.integer("SELECT count(*) FROM sqlite_schema") == 0;
  if (!(empty && mark == 0) && mark != application_id) {
    throw chat::ArchiveError(path + " is an SQLite file, but not an archive of Loquat; give another data directory");
  }
  if (version > schema_version) {
    throw chat::ArchiveError(path + " was written by a newer Loquat (format " + std::to_string(version) +
                             ", this one knows " + std::to_string(schema_version) +
                             "); use that one, or give another data directory");
  }
  if (database.text("PRAGMA journal_mode=WAL") != "wal") {
    throw chat::ArchiveError(path + " cannot be put into write-ahead mode; use a directory on a local disk");
  }
  if (empty) database.execute(tables);
  if (!empty && version == 1) database.execute(from_version_1);
  // Earlier servers made no such indexes, and keep them up if they open the file again.
  database.execute(
      "CREATE INDEX IF NOT EXISTS event_by_time ON event(room, time) WHERE room IS NOT NULL;"
      "CREATE INDEX IF NOT EXISTS room_by_name ON room(name COLLATE NOCASE)");
}

}  // namespace loquat::archive
