#include "archive/sqlite_archive.h"

#include <algorithm>
#include <optional>

#include "archive/reader.h"
#include "archive/schema.h"
#include "archive/writer.h"

namespace loquat::archive {

using chat::ChatEvent;
using chat::Seq;

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
    : options_(std::move(options)), directory_(directory), path_(directory_.file("chat.db")) {
  writer_ = std::make_unique<Writer>(path_, options_.vfs, options_.durable, options_.wal_pages);
  readers_.reserve(std::max<std::size_t>(options_.readers, 1));
  while (readers_.size() < readers_.capacity()) {
    readers_.push_back(std::make_unique<Reader>(path_, options_.vfs, options_.durable));
  }
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

void SqliteArchive::commit(std::span<const ChatEvent> events, Seq reserve) {
  std::lock_guard lock(write_mutex_);
  if (writer_->pages() >= options_.wal_pages) make_room();
  writer_->commit(events, reserve);
  if (writer_->pages_since() >= options_.checkpoint_pages) ask_for_checkpoint();
}

// The log is full: copies all of it, so that the next commit starts at its beginning.
void SqliteArchive::make_room() {
  std::lock_guard lock(checkpointing_);
  writer_->checkpoint_asked();
  writer_->checkpoint();
}

void SqliteArchive::ask_for_checkpoint() {
  writer_->checkpoint_asked();
  {
    std::lock_guard lock(checkpoint_mutex_);
    due_ = true;
  }
  checkpoint_due_.notify_one();
}

// The checkpointer's thread.
void SqliteArchive::checkpoint_all() {
  std::optional<Database> database;
  for (std::unique_lock lock(checkpoint_mutex_);;) {
    checkpoint_due_.wait(lock, [&] { return due_ || closing_; });
    if (closing_) return;
    due_ = false;
    lock.unlock();
    try {
      if (!database) {
        database.emplace(path_, options_.vfs);
        set_up(*database, options_.durable);
      }
      std::lock_guard checkpointing(checkpointing_);
      Writer::checkpoint(*database);
    } catch (const chat::ArchiveError&) {
      database.reset();  // tried again next time; commit() makes its own checkpoints if none succeeds here
    }
    lock.lock();
  }
}

Seq SqliteArchive::last_seq() {
  std::lock_guard lock(write_mutex_);
  return writer_->last();
}

std::vector<ChatEvent> SqliteArchive::latest(std::string_view room, std::size_t n, Seq up_to) {
  return Lease(*this)->last(room, up_to, n);
}

std::vector<ChatEvent> SqliteArchive::before(std::string_view room, Seq seq, std::size_t n) {
  return seq == 0 ? std::vector<ChatEvent>() : Lease(*this)->last(room, seq - 1, n);
}

std::vector<ChatEvent> SqliteArchive::after(std::string_view room, Seq seq, std::size_t n) {
  return Lease(*this)->after(room, seq, n);
}

std::optional<ChatEvent> SqliteArchive::find(Seq seq) { return Lease(*this)->find(seq); }

std::vector<ChatEvent> SqliteArchive::said_between(std::string_view room, chat::WallTime from, chat::WallTime to,
                                                   std::size_t n, bool last) {
  return Lease(*this)->said_between(room, from, to, n, last);
}

std::optional<chat::RoomRecord> SqliteArchive::room(std::string_view name) { return Lease(*this)->room(name); }

std::vector<chat::Ban> SqliteArchive::bans() { return Lease(*this)->bans(); }

}  // namespace loquat::archive
