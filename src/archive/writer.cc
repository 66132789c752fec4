#include "archive/writer.h"

#include <algorithm>

#include "archive/schema.h"

namespace loquat::archive {

using chat::ChatEvent;
using chat::EventKind;
using chat::Seq;

namespace {

constexpr std::size_t max_rooms = 1000;  // whose ids are remembered

}  // namespace

Writer::Statements::Statements(Database& c)
    : begin(c, "BEGIN IMMEDIATE"),
      commit(c, "COMMIT"),
      event(c, "INSERT INTO event VALUES(?,?,?,?,?,?,?,?,?,?)"),
      room(c, "INSERT INTO room(name) VALUES(?)"),
      find_room(c, "SELECT id FROM room WHERE name=? COLLATE NOCASE"),
      topic(c, "UPDATE room SET topic=?, topic_nick=?, topic_time=? WHERE id=?"),
      remove(c, "DELETE FROM event WHERE seq=?"),
      ban(c, "INSERT OR REPLACE INTO ban(target, reason, nick, setter, time) VALUES(?,?,?,?,?)"),
      unban(c, "DELETE FROM ban WHERE target=?"),
      reserve(c, "UPDATE counter SET value=? WHERE name='reserved'") {}

Writer::Writer(const std::string& path, const std::string& vfs, bool durable, int log_pages) : database_(path, vfs) {
  set_up(database_, durable);
  open_schema(database_, path);
  sqlite3_wal_hook(database_.handle(), &Writer::grown, this);
  statements_.emplace(database_);
  reserved_ = static_cast<Seq>(database_.integer("SELECT value FROM counter WHERE name='reserved'"));
  last_ = static_cast<Seq>(database_.integer("SELECT ifnull(max(seq), 0) FROM event"));
  fill_log(log_pages);
}

// Makes the write-ahead log as long as `pages` frames, with zeros, which SQLite takes for the log's end.
void Writer::fill_log(int pages) {
  sqlite3_file* log = nullptr;
  sqlite3_file_control(database_.handle(), nullptr, SQLITE_FCNTL_JOURNAL_POINTER, &log);
  if (log == nullptr || log->pMethods == nullptr) return;
  const std::vector<char> zeros(256 * 1024);
  sqlite3_int64 size = 0;
  int code = log->pMethods->xFileSize(log, &size);
  const sqlite3_int64 end = 32 + sqlite3_int64{pages} * (24 + 4096);  // header, then frames: sqlite.org/fileformat2
  while (code == SQLITE_OK && size < end) {
    const int part = static_cast<int>(std::min<sqlite3_int64>(end - size, static_cast<sqlite3_int64>(zeros.size())));
    code = log->pMethods->xWrite(log, zeros.data(), part, size);
    size += part;
  }
  if (code == SQLITE_OK) log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
  // A disk without that much space, or one that fails, is for commit() to report: reading the history needs no log.
}

Seq Writer::last() const noexcept { return std::max(last_, reserved_); }

// SQLite calls this after each commit: how many pages the write-ahead log has now.
int Writer::grown(void* self, sqlite3*, const char*, int pages) {
  auto& writer = *static_cast<Writer*>(self);
  if (pages < writer.pages_) writer.asked_ = 0;  // the log starts from its beginning
  writer.pages_ = pages;
  return SQLITE_OK;
}

void Writer::checkpoint(Database& database) noexcept {
  sqlite3_wal_checkpoint_v2(database.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

void Writer::commit(std::span<const ChatEvent> events, Seq reserve) {
  try {
    transaction(events, reserve);
  } catch (...) {
    roll_back();
    throw;
  }
  fresh_.clear();
  if (rooms_.size() > max_rooms) rooms_.clear();
  if (!events.empty()) last_ = events.back().seq;
}

void Writer::transaction(std::span<const ChatEvent> events, Seq reserve) {
  statements_->begin.run();
  bool kept = false;
  for (const ChatEvent& event : events) {
    if (event.is_kept()) add(event), kept = true;
  }
  // SQLite writes nothing for a value that stays the same, but a commit has to tell whether the disk takes anything.
  const Seq value = std::max(reserve, kept ? reserved_ : reserved_ + 1);
  if (value != reserved_) statements_->reserve.bind(static_cast<std::int64_t>(value)).run();
  statements_->commit.run();
  reserved_ = value;
}

void Writer::roll_back() noexcept {
  if (sqlite3_get_autocommit(database_.handle()) == 0) {
    sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
  for (const std::string& name : fresh_) rooms_.erase(name);
  fresh_.clear();
}

void Writer::add(const ChatEvent& event) {
  Statement& row = statements_->event;
  row.bind(static_cast<std::int64_t>(event.seq)).bind(event.time.time_since_epoch().count());
  row.bind(static_cast<std::int64_t>(event.kind));
  const std::int64_t room = event.room.empty() ? 0 : room_id(event.room);
  room == 0 ? row.bind_null() : row.bind(room);
  row.bind(event.nick).bind(event.origin).bind(event.target).bind(event.text).bind(event.tag);
  row.bind(static_cast<std::int64_t>(event.ref)).run();
  change(event, room);
}

// Applies an event to the tables of rooms and bans, and removes what it removes.
void Writer::change(const ChatEvent& event, std::int64_t room) {
  switch (event.kind) {
    case EventKind::topic:
      statements_->topic.bind(event.text).bind(event.nick).bind(event.time.time_since_epoch().count()).bind(room).run();
      break;
    case EventKind::remove:
      statements_->remove.bind(static_cast<std::int64_t>(event.ref)).run();
      break;
    case EventKind::ban:
      statements_->ban.bind(event.target).bind(event.text).bind(event.tag).bind(event.nick);
      statements_->ban.bind(event.time.time_since_epoch().count()).run();
      break;
    case EventKind::unban:
      statements_->unban.bind(event.target).run();
      break;
    default:
      break;
  }
}

std::int64_t Writer::room_id(const std::string& name) {
  const auto found = rooms_.find(name);
  if (found != rooms_.end()) return found->second;
  Statement& known = statements_->find_room;
  const std::int64_t id = known.bind(name).step() ? known.integer(0) : 0;
  known.reset();
  if (id != 0) return rooms_[name] = id;
  statements_->room.bind(name).run();
  fresh_.push_back(name);
  return rooms_[name] = sqlite3_last_insert_rowid(database_.handle());
}

}  // namespace loquat::archive
