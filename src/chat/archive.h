// archive.h - where the history is kept: the interface. SqliteArchive (archive/) and MemoryArchive implement it.
//
// True of every call in this file:
//   Waiting   Calls block on the disk. In a fiber, make them through offload().
//   Threads   One commit() at a time; the other calls from any thread, beside it too.
//   Errors    ArchiveError says in one sentence what happened and what to do.
//   Order     Lists of events are in ascending order of seq.
//   Names     Rooms are compared byte by byte: the log spells each in one way.
//
// Layer: chat (docs/layers.txt).
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "chat/event.h"

namespace loquat::chat {

class ArchiveError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Topic {
  std::string text;
  std::string nick;  // who set it
  WallTime time{};
};

// A room that the history knows.
struct RoomRecord {
  std::string name;
  Topic topic;
};

struct Ban {
  std::string target;  // a nick or an address
  std::string reason;
};

class Archive {
 public:
  virtual ~Archive() = default;

  // Makes those of the events that are kept (ChatEvent::is_kept) durable, all of them or none. When it returns, they
  // survive a power cut. They are in ascending order and above all that are there. A remove event also deletes the
  // event that it names; topic, ban and unban also change what rooms() and bans() return.
  //
  // `reserve`: after a restart last_seq() is at least this, so that numbers of events which are not kept are not used
  // twice. Without a kept event it is a commit all the same: it tells whether the disk takes anything.
  //
  // Throws ArchiveError. The events are then not in the history, but for one case: if the disk failed while it was
  // asked to sync, and power is cut before a later commit succeeds, they may be found there.
  virtual void commit(std::span<const ChatEvent> events, Seq reserve) = 0;

  // The highest number that may have been used.
  virtual Seq last_seq() = 0;

  // The last `n` events of the room up to and including `up_to`; those just before `seq`; those just after `seq`.
  virtual std::vector<ChatEvent> latest(std::string_view room, std::size_t n, Seq up_to = newest) = 0;
  virtual std::vector<ChatEvent> before(std::string_view room, Seq seq, std::size_t n) = 0;
  virtual std::vector<ChatEvent> after(std::string_view room, Seq seq, std::size_t n) = 0;
  // One event by its number, if it is kept and was not removed.
  virtual std::optional<ChatEvent> find(Seq seq) = 0;
  // The number of the last event, in any room, that is older than `time`; 0 if there is none.
  virtual Seq seq_before(WallTime time) = 0;

  virtual std::vector<RoomRecord> rooms() = 0;
  virtual std::vector<Ban> bans() = 0;

  static constexpr Seq newest = std::numeric_limits<std::int64_t>::max();
};

}  // namespace loquat::chat
