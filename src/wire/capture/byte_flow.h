// byte_flow.h - the bytes of one direction of a connection, as a capture saw them: what was sent, what has arrived in
// order, what is missing.
//
// True of every call in this file:
//   Positions 64 bits, unwrapped from sequence numbers: byte n of the flow is at position() of its sequence number,
//             however often that has wrapped. SYN and FIN take one position each.
//   Memory    At most 1000 segments and 100 gaps are remembered; the oldest are forgotten.
//   Threads   One caller at a time.
//
// Layer: wire (docs/layers.txt).  Source: RFC 9293 s.3.4.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

namespace loquat::wire {

struct SentRange {
  std::uint64_t end = 0;
  int number = 0;         // of the frame
  std::int64_t time = 0;  // of the frame, ns
  bool again = false;     // some of it had been sent before
};

class ByteFlow {
 public:
  bool known() const noexcept { return known_; }
  // The first call begins the flow at `seq`: all bytes before it count as sent and arrived.
  std::uint64_t position(std::uint32_t seq);

  // Forgets everything and begins again at `seq`.
  void restart(std::uint32_t seq);

  // A segment of [from, to), which may be empty.
  void sent(std::uint64_t from, std::uint64_t to, int number, std::int64_t time = 0);
  // The frame that carried some of [from, to) before; 0 if none was seen.
  int sent_before(std::uint64_t from, std::uint64_t to) const;
  // How many of [from, to) have not been seen yet.
  std::uint64_t unseen_in(std::uint64_t from, std::uint64_t to) const;
  // The last segment that an acknowledgement of all before `position` covers, if its acknowledgement times a round
  // trip: it was sent once.
  const SentRange* timed_by(std::uint64_t position) const;
  // The position after the last byte that was sent.
  std::uint64_t sent_end() const noexcept { return sent_end_; }

  void arrived(std::uint64_t from, std::uint64_t to);
  // The other side has acknowledged all before `position`, so it has arrived, seen or not.
  void acknowledged(std::uint64_t position);
  // The first position that has not arrived.
  std::uint64_t next() const noexcept { return next_; }
  std::uint64_t acked() const noexcept { return acked_; }
  bool has_islands() const noexcept { return !islands_.empty(); }

  std::optional<std::uint64_t> syn, fin;  // their positions

 private:
  void merge_islands();
  void see(std::uint64_t from, std::uint64_t to);

  bool known_ = false;
  std::uint64_t sent_end_ = 0, next_ = 0, acked_ = 0;
  std::map<std::uint64_t, SentRange> sent_;         // by their first position
  std::map<std::uint64_t, std::uint64_t> islands_;  // that arrived beyond a gap: from, to
  std::map<std::uint64_t, std::uint64_t> gaps_;     // below sent_end_, never seen: from, to
};

}  // namespace loquat::wire
