// reader.h - a connection through which an SqliteArchive reads the history.
//
//   Threads   One at a time.
//   Errors    ArchiveError, as in sqlite.h.
//
// Layer: archive (docs/layers.txt).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/sqlite.h"
#include "chat/archive.h"

namespace loquat::archive {

class Reader {
 public:
  // Opens a file that has its tables.
  Reader(const std::string& path, const std::string& vfs, bool durable);

  // The last `n` events of a room up to and including `up_to`; the first `n` after `seq`. Both in ascending order.
  std::vector<chat::ChatEvent> last(std::string_view room, chat::Seq up_to, std::size_t n);
  std::vector<chat::ChatEvent> after(std::string_view room, chat::Seq seq, std::size_t n);
  std::optional<chat::ChatEvent> find(chat::Seq seq);
  // As that of chat::Archive.
  std::vector<chat::ChatEvent> said_between(std::string_view room, chat::WallTime from, chat::WallTime to,
                                            std::size_t n, bool last);
  std::optional<chat::RoomRecord> room(std::string_view name);
  std::vector<chat::Ban> bans();

 private:
  Database& ready(bool durable);
  std::vector<chat::ChatEvent> list(Statement& query, std::string_view room, chat::Seq seq, std::size_t n);

  Database database_;
  Statement backward_, forward_, one_, first_said_, last_said_, room_;
};

}  // namespace loquat::archive
