// sqlite_archive.h - the history in one SQLite file, DIR/chat.db. docs/archive.md describes it.
//
//   Durable   Write-ahead log, synchronous=FULL: commit() returns after fdatasync(2) of the log. The log is
//             allocated in full, because syncing a file that grows costs several times as much.
//   Threads   As archive.h says. One connection writes, several read meanwhile, and one on its own thread copies the
//             write-ahead log into the file (checkpoint) whenever the log has grown by `checkpoint_pages`.
//   Bounds    When the log reaches `wal_pages`, commit() makes a checkpoint itself, after which the log starts from its
//             beginning. The log can grow further only while a reader prevents that.
//
// Layer: archive (docs/layers.txt).  Source: sqlite.org/wal.html.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "archive/data_directory.h"
#include "chat/archive.h"

namespace loquat::archive {

class Reader;
class Writer;

struct SqliteOptions {
  std::string vfs;              // an SQLite VFS for tests; empty: the system's
  bool durable = true;          // false: synchronous=OFF, for a test that shows what it is for
  std::size_t readers = 2;      // history reads at the same time
  int checkpoint_pages = 1000;  // of 4096 bytes
  int wal_pages = 2000;
};

class SqliteArchive final : public chat::Archive {
 public:
  // Opens the archive in `directory`, creating both if they are missing. Throws ArchiveError if another server uses it,
  // a newer version wrote it, it is damaged, or it is no archive.
  explicit SqliteArchive(const std::string& directory, SqliteOptions options = {});
  ~SqliteArchive() override;

  void commit(std::span<const chat::ChatEvent> events, chat::Seq reserve) override;
  chat::Seq last_seq() override;
  std::vector<chat::ChatEvent> latest(std::string_view room, std::size_t n, chat::Seq up_to = newest) override;
  std::vector<chat::ChatEvent> before(std::string_view room, chat::Seq seq, std::size_t n) override;
  std::vector<chat::ChatEvent> after(std::string_view room, chat::Seq seq, std::size_t n) override;
  std::optional<chat::ChatEvent> find(chat::Seq seq) override;
  std::vector<chat::ChatEvent> said_between(std::string_view room, chat::WallTime from, chat::WallTime to,
                                            std::size_t n, bool last) override;
  std::optional<chat::RoomRecord> room(std::string_view name) override;
  std::vector<chat::Ban> bans() override;

 private:
  class Lease;

  void make_room();
  void ask_for_checkpoint();
  void checkpoint_all();

  SqliteOptions options_;
  DataDirectory directory_;
  std::string path_;
  std::mutex write_mutex_;
  std::unique_ptr<Writer> writer_;
  std::mutex readers_mutex_;
  std::condition_variable reader_free_;
  std::vector<std::unique_ptr<Reader>> readers_;  // those that are free
  std::mutex checkpointing_;                      // held during a checkpoint; SQLite refuses a second one
  std::mutex checkpoint_mutex_;                   // of the three below
  std::condition_variable checkpoint_due_;
  bool due_ = false;
  bool closing_ = false;
  std::thread checkpointer_;
};

}  // namespace loquat::archive
