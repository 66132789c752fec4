// archive.h - the interface to the stored history. SqliteArchive (archive/) and MemoryArchive implement it.
//
// True of every call in this file:
//   Waiting   Calls block on the disk. Fibers make them through offload().
//   Threads   One commit() at a time; any thread may make the other calls, also during a commit().
//   Errors    ArchiveError says in one sentence what happened and what to do.
//   Order     Lists of events are in ascending order of seq, except for said_between().
//   Names     The case of A-Z in a room's name does not matter, as for codec::fold_name().
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

// A room that the history has.
struct RoomRecord {
  std::string name;
  Topic topic;
};

struct Ban {
  std::string target;  // a nick, an address, or a prefix such as "192.0.2.0/24" (address_prefix.h)
  std::string reason;
  std::string nick{};    // whose address it is, if it was banned by nick
  std::string setter{};  // who banned it; empty: not known
  WallTime time{};       // when; 0: not known
};

// The ban that a ban event makes.
inline Ban ban_of(const ChatEvent& event) { return {event.target, event.text, event.tag, event.nick, event.time}; }

class Archive {
 public:
  virtual ~Archive() = default;

  // Stores the events that are kept (ChatEvent::is_kept), all of them or none. When it returns, they survive a power
  // cut. Their numbers ascend and are greater than all stored ones. A remove event also deletes the event that it
  // names; topic, ban and unban also change what room() and bans() return.
  //
  // After a restart last_seq() is at least `reserve`, so that numbers of events that are not kept are not used twice. A
  // commit without a kept event also writes to the disk, and so shows whether the disk works.
  //
  // Throws ArchiveError. The events are then not in the history, with one exception: if the disk failed during the
  // sync, and power is cut before a later commit succeeds, they may be in it afterwards.
  virtual void commit(std::span<const ChatEvent> events, Seq reserve) = 0;

  // The highest number that may have been used.
  virtual Seq last_seq() = 0;

  // The last `n` events of the room up to and including `up_to`; those just before `seq`; those just after `seq`.
  virtual std::vector<ChatEvent> latest(std::string_view room, std::size_t n, Seq up_to = newest) = 0;
  virtual std::vector<ChatEvent> before(std::string_view room, Seq seq, std::size_t n) = 0;
  virtual std::vector<ChatEvent> after(std::string_view room, Seq seq, std::size_t n) = 0;
  // The event with that number, if it was kept and not removed.
  virtual std::optional<ChatEvent> find(Seq seq) = 0;
  // The first (or, with `last`, the last) `n` messages, notices and actions that were said in the room at `from` or
  // later and before `to`. In ascending order of time, those of one time in that of seq: where the server's clock was
  // set back, that order is another than the order of seq.
  virtual std::vector<ChatEvent> said_between(std::string_view room, WallTime from, WallTime to, std::size_t n,
                                              bool last) = 0;

  // The room's spelling and topic; nothing if the history does not have it.
  virtual std::optional<RoomRecord> room(std::string_view name) = 0;
  virtual std::vector<Ban> bans() = 0;

  static constexpr Seq newest = std::numeric_limits<std::int64_t>::max();
};

}  // namespace loquat::chat
