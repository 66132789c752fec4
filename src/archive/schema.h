// schema.h - the tables of an archive, and whether a file has them. docs/archive.md describes each column.
//
// Layer: archive (docs/layers.txt).
#pragma once

#include "archive/sqlite.h"

namespace loquat::archive {

inline constexpr int kApplicationId = 0x4C6F7154;  // "LoqT"
inline constexpr int kVersion = 1;                 // PRAGMA user_version

// Sets what a connection needs, before it does anything else. `durable` false turns syncing off.
void set_up(Database& database, bool durable);

// Makes the tables in a new file; checks the mark and the version of any other.
// Throws ArchiveError if it is not an archive, or one of a newer version.
void open_schema(Database& database, const std::string& path);

}  // namespace loquat::archive
