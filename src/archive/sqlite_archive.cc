#include "archive/sqlite_archive.h"

#include <algorithm>

#include "archive/schema.h"

namespace loquat::archive {

using chat::Event;
using chat::EventKind;
using chat::Seq;

namespace {

std::int64_t number(Seq seq) { return static_cast<std::int64_t>(std::min(seq, chat::Archive::newest)); }
std::int64_t number(chat::WallTime time) { return time.time_since_epoch().count(); }
chat::WallTime wall_time(std::int64_t ms) { return chat::WallTime(std::chrono::milliseconds(ms)); }

}  // namespace

// The connection that writes. Used under write_mutex_.
struct SqliteArchive::Writer {
  Writer(const std::string& path, const SqliteOptions& options) : connection(path, options.vfs) {
    set_up(connection, options.durable);
    open_schema(connection, path);
    sqlite3_wal_hook(connection.handle(), &Writer::grown, this);
    statements.emplace(connection);
    for (Statement room(connection, "SELECT name, id FROM room"); room.step();) rooms[room.text(0)] = room.integer(1);
    reserved = static_cast<Seq>(connection.integer("SELECT value FROM counter WHERE name='reserved'"));
    last = static_cast<Seq>(connection.integer("SELECT ifnull(max(seq), 0) FROM event"));
    fill_log(options.wal_pages);
  }

  // Makes the write-ahead log as long as `wanted` frames, with zeros, which SQLite takes for the log's end.
  void fill_log(int wanted) {
    sqlite3_file* log = nullptr;
    sqlite3_file_control(connection.handle(), nullptr, SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (log == nullptr || log->pMethods == nullptr) return;
    const std::vector<char> zeros(256 * 1024);
    sqlite3_int64 size = 0;
    int code = log->pMethods->xFileSize(log, &size);
    const sqlite3_int64 end = 32 + sqlite3_int64{wanted} * (24 + 4096);  // header, then frames: sqlite.org/fileformat2
    while (code == SQLITE_OK && size < end) {
      const int part = static_cast<int>(std::min<sqlite3_int64>(end - size, static_cast<sqlite3_int64>(zeros.size())));
      code = log->pMethods->xWrite(log, zeros.data(), part, size);
      size += part;
    }
    if (code == SQLITE_OK) log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
    // A disk without that much space, or one that fails, is for commit() to report: reading the history needs no log.
  }

  struct Statements {
    explicit Statements(Connection& c)
        : begin(c, "BEGIN IMMEDIATE"),
          commit(c, "COMMIT"),
          event(c, "INSERT INTO event VALUES(?,?,?,?,?,?,?,?,?,?)"),
          room(c, "INSERT INTO room(name) VALUES(?)"),
          topic(c, "UPDATE room SET topic=?, topic_nick=?, topic_time=? WHERE id=?"),
          remove(c, "DELETE FROM event WHERE seq=?"),
          ban(c, "INSERT OR REPLACE INTO ban VALUES(?,?)"),
          unban(c, "DELETE FROM ban WHERE target=?"),
          reserve(c, "UPDATE counter SET value=? WHERE name='reserved'") {}
    Statement begin, commit, event, room, topic, remove, ban, unban, reserve;
  };

  // SQLite calls this after each commit: how many pages the write-ahead log has now.
  static int grown(void* self, sqlite3*, const char*, int pages) {
    auto& writer = *static_cast<Writer*>(self);
    if (pages < writer.pages) writer.checkpointed = 0;  // the log began anew
    writer.pages = pages;
    return SQLITE_OK;
  }

  void add(const Event& event) {
    Statement& row = statements->event;
    row.bind(number(event.seq)).bind(number(event.time)).bind(static_cast<std::int64_t>(event.kind));
    const std::int64_t room = event.room.empty() ? 0 : room_id(event.room);
    room == 0 ? row.bind_null() : row.bind(room);
    row.bind(event.nick).bind(event.origin).bind(event.target).bind(event.text).bind(event.tag);
    row.bind(number(event.ref)).run();
    if (event.kind == EventKind::topic) {
      statements->topic.bind(event.text).bind(event.nick).bind(number(event.time)).bind(room).run();
    } else if (event.kind == EventKind::remove) {
      statements->remove.bind(number(event.ref)).run();
    } else if (event.kind == EventKind::ban) {
      statements->ban.bind(event.target).bind(event.text).run();
    } else if (event.kind == EventKind::unban) {
      statements->unban.bind(event.target).run();
    }
  }

  std::int64_t room_id(const std::string& name) {
    const auto found = rooms.find(name);
    if (found != rooms.end()) return found->second;
    statements->room.bind(name).run();
    fresh.push_back(name);
    return rooms[name] = sqlite3_last_insert_rowid(connection.handle());
  }

  void transaction(std::span<const Event> events, Seq reserve) {
    statements->begin.run();
    bool kept = false;
    for (const Event& event : events) {
      if (event.is_kept()) add(event), kept = true;
    }
    if (reserve > reserved || !kept) statements->reserve.bind(number(std::max(reserve, reserved))).run();
    statements->commit.run();
  }

  void roll_back() noexcept {
    if (sqlite3_get_autocommit(connection.handle()) == 0) {
      sqlite3_exec(connection.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
    for (const std::string& name : fresh) rooms.erase(name);
    fresh.clear();
  }

  // Copies as much of the write-ahead log as it can. Its failure does no harm: the log stays, and keeps everything.
  static void checkpoint(Connection& connection) noexcept {
    sqlite3_wal_checkpoint_v2(connection.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  }

  Connection connection;
  std::optional<Statements> statements;
  std::unordered_map<std::string, std::int64_t> rooms;
  std::vector<std::string> fresh;  // rooms that the open transaction has made
  Seq reserved = 0;
  Seq last = 0;
  int pages = 0;         // of the write-ahead log
  int checkpointed = 0;  // the same when a checkpoint was last asked for
};

#define COLUMNS "event.seq, event.time, event.kind, event.nick, event.origin, event.target, event.text, event.tag, event.ref"
#define IN_ROOM " FROM event WHERE room=(SELECT id FROM room WHERE name=?) AND seq"

// A connection that reads.
struct SqliteArchive::Reader {
  Reader(const std::string& path, const SqliteOptions& options)
      : connection(path, options.vfs),
        backward(prepared(options), "SELECT " COLUMNS IN_ROOM "<=? ORDER BY seq DESC LIMIT ?"),
        forward(connection, "SELECT " COLUMNS IN_ROOM ">? ORDER BY seq LIMIT ?"),
        one(connection, "SELECT " COLUMNS ", room.name FROM event LEFT JOIN room ON room.id=event.room WHERE seq=?"),
        next(connection, "SELECT seq, time FROM event WHERE seq>=? ORDER BY seq LIMIT 1") {}

  Connection& prepared(const SqliteOptions& options) {
    set_up(connection, options.durable);
    connection.execute("PRAGMA query_only=ON");
    return connection;
  }

  static Event event(const Statement& row, std::string_view room) {
    Event e;
    e.seq = static_cast<Seq>(row.integer(0));
    e.time = wall_time(row.integer(1));
    e.kind = static_cast<EventKind>(row.integer(2));
    e.nick = row.text(3);
    e.origin = row.text(4);
    e.target = row.text(5);
    e.text = row.text(6);
    e.tag = row.text(7);
    e.ref = static_cast<Seq>(row.integer(8));
    e.room = room;
    return e;
  }

  std::vector<Event> list(Statement& query, std::string_view room, Seq seq, std::size_t n) {
    std::vector<Event> events;
    query.bind(room).bind(number(seq)).bind(number(n));
    while (query.step()) events.push_back(event(query, room));
    query.reset();
    return events;
  }

  std::vector<Event> last(std::string_view room, Seq up_to, std::size_t n) {
    auto events = list(backward, room, up_to, n);
    std::reverse(events.begin(), events.end());
    return events;
  }

  Connection connection;
  Statement backward, forward, one, next;
};

// A reader for the time of one call.
class SqliteArchive::Lease {
 public:
  explicit Lease(SqliteArchive& archive) : archive_(archive) {
    std::unique_lock lock(archive_.readers_mutex_);
    archive_.reader_free_.wait(lock, [&] { return !archive_.readers_.empty(); });
    reader_ = std::move(archive_.readers_.back());
    archive_.readers_.pop_back();
  }
  ~Lease() {
    {
      std::lock_guard lock(archive_.readers_mutex_);
      archive_.readers_.push_back(std::move(reader_));
    }
    archive_.reader_free_.notify_one();
  }
  Reader* operator->() const { return reader_.get(); }

 private:
  SqliteArchive& archive_;
  std::unique_ptr<Reader> reader_;
};

SqliteArchive::SqliteArchive(const std::string& directory, SqliteOptions options)
    : options_(std::move(options)),
      directory_(directory),
      path_(directory_.file("chat.db")),
      writer_(std::make_unique<Writer>(path_, options_)) {
  readers_.reserve(std::max<std::size_t>(options_.readers, 1));
  while (readers_.size() < readers_.capacity()) readers_.push_back(std::make_unique<Reader>(path_, options_));
  checkpointer_ = std::thread([this] { checkpoint_all(); });
}

SqliteArchive::~SqliteArchive() {
  {
    std::lock_guard lock(checkpoint_mutex_);
    closing_ = true;
  }
  checkpoint_due_.notify_one();
  checkpointer_.join();
}

void SqliteArchive::commit(std::span<const Event> events, Seq reserve) {
  std::lock_guard lock(write_mutex_);
  Writer& writer = *writer_;
  if (writer.pages >= options_.wal_pages) make_room();
  try {
    writer.transaction(events, reserve);
  } catch (...) {
    writer.roll_back();
    throw;
  }
  writer.fresh.clear();
  writer.reserved = std::max(writer.reserved, reserve);
  if (!events.empty()) writer.last = events.back().seq;
  if (writer.pages - writer.checkpointed >= options_.checkpoint_pages) ask_for_checkpoint();
}

// The log is full: copies all of it, so that the next commit begins it anew.
void SqliteArchive::make_room() {
  std::lock_guard lock(checkpointing_);
  writer_->checkpointed = writer_->pages;
  Writer::checkpoint(writer_->connection);
}

void SqliteArchive::ask_for_checkpoint() {
  writer_->checkpointed = writer_->pages;
  {
    std::lock_guard lock(checkpoint_mutex_);
    due_ = true;
  }
  checkpoint_due_.notify_one();
}

// The checkpointer's thread.
void SqliteArchive::checkpoint_all() {
  std::optional<Connection> connection;
  for (std::unique_lock lock(checkpoint_mutex_);;) {
    checkpoint_due_.wait(lock, [&] { return due_ || closing_; });
    if (closing_) return;
    due_ = false;
    lock.unlock();
    try {
      if (!connection) {
        connection.emplace(path_, options_.vfs);
        set_up(*connection, options_.durable);
      }
      std::lock_guard checkpointing(checkpointing_);
      Writer::checkpoint(*connection);
    } catch (const chat::ArchiveError&) {
      connection.reset();  // the next time is a new try; commit() makes checkpoints of its own if none succeeds here
    }
    lock.lock();
  }
}

Seq SqliteArchive::last_seq() {
  std::lock_guard lock(write_mutex_);
  return std::max(writer_->last, writer_->reserved);
}

std::vector<Event> SqliteArchive::latest(std::string_view room, std::size_t n, Seq up_to) {
  return Lease(*this)->last(room, up_to, n);
}

std::vector<Event> SqliteArchive::before(std::string_view room, Seq seq, std::size_t n) {
  return seq == 0 ? std::vector<Event>() : Lease(*this)->last(room, seq - 1, n);
}

std::vector<Event> SqliteArchive::after(std::string_view room, Seq seq, std::size_t n) {
  Lease reader(*this);
  return reader->list(reader->forward, room, seq, n);
}

std::optional<Event> SqliteArchive::find(Seq seq) {
  Lease reader(*this);
  Statement& row = reader->one.bind(number(seq));
  std::optional<Event> event;
  if (row.step()) event = Reader::event(row, row.text(9));
  row.reset();
  return event;
}

// Times never go back from one event to the next, so the rows are searched by halves.
Seq SqliteArchive::seq_before(chat::WallTime time) {
  Lease reader(*this);
  Seq older = 0, upper = last_seq() + 1;  // every event from `upper` on is not older than `time`
  for (Seq from = 0; from < upper;) {
    const Seq middle = from + (upper - from) / 2;
    Statement& row = reader->next.bind(number(middle));
    const bool found = row.step() && static_cast<Seq>(row.integer(0)) < upper;
    const Seq seq = found ? static_cast<Seq>(row.integer(0)) : 0;
    const bool is_older = found && row.integer(1) < number(time);
    row.reset();
    if (is_older) {
      older = seq;
      from = seq + 1;
    } else {
      upper = middle;
    }
  }
  return older;
}

std::vector<chat::RoomRecord> SqliteArchive::rooms() {
  Lease reader(*this);
  std::vector<chat::RoomRecord> rooms;
  Statement row(reader->connection, "SELECT name, topic, topic_nick, topic_time FROM room ORDER BY id");
  while (row.step()) rooms.push_back({row.text(0), {row.text(1), row.text(2), wall_time(row.integer(3))}});
  return rooms;
}

std::vector<chat::Ban> SqliteArchive::bans() {
  Lease reader(*this);
  std::vector<chat::Ban> bans;
  Statement row(reader->connection, "SELECT target, reason FROM ban ORDER BY target");
  while (row.step()) bans.push_back({row.text(0), row.text(1)});
  return bans;
}

}  // namespace loquat::archive
