// writer.h - the connection through which an SqliteArchive writes: one transaction for each commit.
//
//   Threads   One at a time.
//   Errors    ArchiveError, as in sqlite.h.
//
// Layer: archive (docs/layers.txt).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "archive/sqlite.h"
#include "chat/archive.h"

namespace loquat::archive {

class Writer {
 public:
  // Opens the file, makes or checks its tables, and makes the write-ahead log `log_pages` frames long.
  Writer(const std::string& path, const std::string& vfs, bool durable, int log_pages);

  // Archive::commit().
  void commit(std::span<const chat::ChatEvent> events, chat::Seq reserve);
  // The highest number that may have been used.
  chat::Seq last() const noexcept;

  // Pages in the write-ahead log, and how many of those have come since checkpoint_asked().
  int pages() const noexcept { return pages_; }
  int pages_since() const noexcept { return pages_ - asked_; }
  void checkpoint_asked() noexcept { asked_ = pages_; }
  // Copies as much of the write-ahead log into the file as it can. A failure does no harm: the log keeps everything.
  void checkpoint() noexcept { checkpoint(database_); }
  static void checkpoint(Database& database) noexcept;

 private:
  struct Statements {
    explicit Statements(Database& database);
    Statement begin, commit, event, room, find_room, topic, remove, ban, unban, reserve;
  };

  static int grown(void* self, sqlite3*, const char*, int pages);
  void fill_log(int pages);
  void transaction(std::span<const chat::ChatEvent> events, chat::Seq reserve);
  void add(const chat::ChatEvent& event);
  void change(const chat::ChatEvent& event, std::int64_t room);
  std::int64_t room_id(const std::string& name);
  void roll_back() noexcept;

  Database database_;
  std::optional<Statements> statements_;
  std::unordered_map<std::string, std::int64_t> rooms_;  // ids of some
  std::vector<std::string> fresh_;                       // rooms that the open transaction has made
  chat::Seq reserved_ = 0;
  chat::Seq last_ = 0;
  int pages_ = 0;
  int asked_ = 0;  // pages_ when a checkpoint was last asked for
};

}  // namespace loquat::archive
