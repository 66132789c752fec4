#include "archive/sqlite.h"

#include "chat/archive.h"

namespace loquat::archive {
namespace {

const char* remedy(int code) {
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return "free some space";
    case SQLITE_IOERR:
      return "look at the disk and the system's log";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "the file is damaged: put a backup in its place, or move it away to start afresh";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return "the file must belong to the user who runs the server, on a disk that can be written";
    case SQLITE_BUSY:
      return "another program has it open: close that";
    default:
      return "try again";
  }
}

}  // namespace

Database::Database(const std::string& path, const std::string& vfs) : path_(path) {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &db_, flags, vfs.empty() ? nullptr : vfs.c_str());
  if (code != SQLITE_OK) {
    try {
      fail("open", code);
    } catch (...) {
      sqlite3_close(db_);
      throw;
    }
  }
  sqlite3_busy_timeout(db_, 5000);
}

Database::~Database() { sqlite3_close(db_); }

void Database::fail(const char* what, int code) const {
  std::string words = sqlite3_errstr(code);
  if (db_ != nullptr && sqlite3_extended_errcode(db_) == code) words = sqlite3_errmsg(db_);
  throw chat::ArchiveError(std::string("cannot ") + what + " " + path_ + ": " + words + " (" + std::to_string(code) +
                           "); " + remedy(code));
}

void Database::execute(const char* sql) {
  const int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail("use", code);
}

std::int64_t Database::integer(const char* sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.integer(0) : 0;
}

std::string Database::text(const char* sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.text(0) : std::string();
}

Statement::Statement(Database& database, const char* sql) : database_(database) {
  check(sqlite3_prepare_v3(database.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr));
}

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement& Statement::bind(std::int64_t value) {
  check(sqlite3_bind_int64(statement_, ++bound_, value));
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  const char* data = text.data() == nullptr ? "" : text.data();
  check(sqlite3_bind_text64(statement_, ++bound_, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind_null() {
  check(sqlite3_bind_null(statement_, ++bound_));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  reset();
  database_.fail("use", code);
}

void Statement::reset() noexcept {
  sqlite3_reset(statement_);
  bound_ = 0;
}

std::string Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  const int size = sqlite3_column_bytes(statement_, column);
  return data == nullptr ? std::string() : std::string(data, static_cast<std::size_t>(size));
}

void Statement::check(int code) {
  if (code == SQLITE_OK) return;
  database_.fail("use", code);
}

}  // namespace loquat::archive
