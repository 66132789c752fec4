// schema.h - the tables of an archive, and whether a file has them. docs/archive.md describes each column.
//
// Layer: archive (docs/layers.txt).
#pragma once

#include "archive/sqlite.h"

namespace loquat::archive {

inline constexpr int application_id = 0x4C6F7154;  // "LoqT"
inline constexpr int schema_version = 2;           // PRAGMA user_version

// Sets the pragmas that each connection needs first. `durable` false turns syncing off.
void set_up(Database& database, bool durable);

// Creates the tables in a new file; checks application_id and version of any other, and brings an older one up to date.
// Throws ArchiveError if it is not an archive, or one of a newer version.
void open_schema(Database& database, const std::string& path);

}  // namespace loquat::archive
