// log.h - the one log that orders everything.
//
// Sessions on all workers submit commands to one queue. One writer fiber takes all that wait, checks each of them
// against the rules (state.h), numbers the events that they make, has the archive commit those that are kept, and hands
// the batch to every worker, whose hub applies it. Then the commands are done.
//
//   1. Nobody, not even its sender, sees a kept event before the archive has committed it.
//   2. Everybody sees the same events in the same order.
//   3. A session's commands take effect in the order of their submission. A command is done (Ticket) when its events
//      are in the outboxes on every worker.
//   4. If a commit fails, nobody sees its kept events, and their commands end as not_saved. Rooms are then read-only:
//      messages, topics, removals and bans are refused as read_only, while joins, parts, nicks, quits and private
//      messages go on. The log tries empty commits with growing pauses; the first that succeeds ends this.
//   5. An event's time is the clock's, and says when it happened; only `seq` tells the order. A clock that is set back
//      a little (a minute at most) is waited for, so that the times of a room do not jump. One that was fast for longer
//      and is put right is believed at once: what follows is not stamped with the future. So times may go back from one
//      event to the next, and whoever looks for a time compares the time of each event (Archive::said_between).
//   6. The queue is bounded: submit() waits while `queue` commands do, so a door whose clients flood stops reading.
//
// Layer: chat (docs/layers.txt).  Start at chat/session.h.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "chat/archive.h"
#include "chat/command.h"
#include "chat/hub.h"
#include "loquat/fiber.h"
#include "loquat/log.h"
#include "loquat/sync.h"

namespace loquat::chat {

class State;

struct LogOptions {
  Limits limits;
  std::vector<std::string> reserved_nicks;  // for operators only, even if codec::is_service_nick() is true for them
  std::string secret;                       // no event tells it, in whatever text or name; empty: there is none
  std::size_t queue = 4096;                 // commands that may wait
  std::size_t batch = 512;                  // commands in one commit, at most
  std::size_t batch_bytes = 256 * 1024;
  Duration retry_first = std::chrono::milliseconds(200);  // pauses between attempts after a commit failed
  Duration retry_max = std::chrono::seconds(5);
  LogSink* log = nullptr;           // for failures of the archive, and what operators did (audit.h); may be nullptr
  std::function<WallTime()> clock;  // empty: the system's
};

class Log {
 public:
  // Reads rooms and bans from the archive, and starts the writer on this worker and a hub on each worker. Works inside
  // run() only. The archive must outlive the log, and the log its sessions. Throws ArchiveError, also if the archive
  // cannot commit now.
  explicit Log(Archive& archive, LogOptions options = {});
  // stop().
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Submits a command and returns its receipt. Waits only while the queue is full; never after stop(), nor for a quit.
  // Commands that are submitted without waiting for each other's tickets share commits.
  Ticket submit(Command command);

  // The hub of the caller's worker.
  Hub& hub();
  // For reading history, through offload().
  Archive& archive() noexcept { return archive_; }
  const Limits& limits() const noexcept { return options_.limits; }
  SessionId new_session() noexcept { return ++sessions_; }

  // Whether rooms are writable, and if not, the archive's sentence, which is for operators only: it names files of this
  // machine. wait_writable() waits until they are.
  bool writable() const noexcept { return writable_.is_set(); }
  std::string trouble() const;
  void wait_writable() { writable_.wait(); }

  // Counters since the start, for /metrics.
  struct Counters {
    std::uint64_t commands, events, commits, failed_commits;
  };
  Counters counters() const noexcept;

  // Finishes the commands that were submitted, refuses later ones as `stopped`, and returns when every hub has applied
  // the last event.
  void stop();

 private:
  struct Batch;
  struct Shard;
  using Pendings = std::vector<std::shared_ptr<Pending>>;

  void write_all();
  bool gather(Pendings& pendings);
  void stage(Batch& batch);
  Reason judge(Pending& pending);
  Reason find_removed(Pending& pending);
  void find_room(Command& command);
  void commit(Batch& batch);
  Outcome failure(Reason reason, const Command& command, const std::string& sentence) const;
  void drop_kept(Batch& batch, const std::string& sentence);
  void publish(const std::shared_ptr<Batch>& batch);
  void apply_all(Shard& shard);
  void apply(Shard& shard, const Batch& batch);
  bool try_commit(std::span<const ChatEvent> events, std::string& sentence);
  void close_rooms(const std::string& sentence);
  void heal();
  void number(ChatEvent& event);
  void set_trouble(const std::string& sentence);
  void write_log(LogLevel level, const std::string& line) const;

  Archive& archive_;
  LogOptions options_;
  std::unique_ptr<State> state_;  // the writer's, as are the next four
  Seq seq_ = 0;                   // the last number that was given
  Seq reserved_ = 0;              // what the archive has promised to skip after a restart
  WallTime time_{};
  std::shared_ptr<Pending> held_;  // taken from the queue for the next batch
  std::vector<ChatEvent> staged_;  // what the command that is being judged makes
  Semaphore slots_;
  Queue<std::shared_ptr<Pending>> queue_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::atomic<SessionId> sessions_{0};
  std::atomic<std::uint64_t> commands_{0}, events_{0}, commits_{0}, failed_commits_{0};
  Event writable_;
  mutable sched::SpinLock trouble_lock_;
  std::string trouble_;
  Fiber<> writer_;
  Fiber<> healer_;
  std::atomic<bool> stopped_{false};
};

}  // namespace loquat::chat
