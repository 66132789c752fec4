// sqlite.h - SQLite's C interface as two classes that clean up and throw.
//
//   Errors    ArchiveError, with the file, SQLite's own words and what to do.
//   Threads   One thread at a time uses a database and its statements.
//
// Layer: archive (docs/layers.txt).  Source: sqlite.org/c3ref.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace loquat::archive {

class Database {
 public:
  // Opens an existing file for reading and writing. `vfs`: empty for SQLite's own.
  Database(const std::string& path, const std::string& vfs);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs statements that have no parameters and whose rows do not matter.
  void execute(const char* sql);
  // The first column of the first row.
  std::int64_t integer(const char* sql);
  std::string text(const char* sql);

  // Throws the ArchiveError for a result code of this database: "cannot WHAT FILE: ...; remedy".
  [[noreturn]] void fail(const char* what, int code) const;
  sqlite3* handle() const noexcept { return db_; }

 private:
  std::string path_;
  sqlite3* db_ = nullptr;
};

// A prepared statement. bind() takes the parameters in order, step() a row at a time; reset() makes it new again.
class Statement {
 public:
  Statement(Database& database, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Text is not copied: it lives until reset().
  Statement& bind(std::int64_t value);
  Statement& bind(std::string_view text);
  Statement& bind_null();
  // True if there is a row.
  bool step();
  void run() {
    while (step()) {
    }
    reset();
  }
  void reset() noexcept;

  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  std::string text(int column) const;

 private:
  void check(int code);
  Database& database_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
};

}  // namespace loquat::archive
