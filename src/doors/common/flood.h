// flood.h - limits how fast a client's lines are taken. A client that floods is read more slowly, so that TCP holds it
// back; no line is lost.
//
//   if (const Duration pause = flood_.take(cost, now()); pause > Duration::zero()) {
//     if (flood_.begins()) reply(flood_.sentence());
//     settle();
//     Flood::wait(link_, pause, over_);
//   }
//
// Two limits, each a burst and a rate (pace.h), since what others see disturbs them, and what only the client sees
// costs the server alone:
//   shown   messages, private ones too; a new nick; a PART and a topic where others see it: Options::flood_burst and
//           flood_rate.
//   asked   everything else, such as /who and CHATHISTORY: ten times that, since a client that enters fifty rooms asks
//           about each of them at once.
// All clients of one address together have ten times each limit, also if they come and go. An address that has sent too
// much delays its clients by half a minute at most. Loopback and Unix sockets have no such limit: without
// --trusted-proxy, everybody behind a proxy has the proxy's address.
//
//   Threads   A Flood is its connection's. AddressPaces is shared by all workers.
//
// Layer: doors (docs/layers.txt).
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "doors/common/outbox_sender.h"
#include "doors/common/pace.h"
#include "loquat/time.h"

namespace loquat::doors {

struct Context;
struct Options;

// What a line counts for.
struct LineCost {
  std::size_t shown = 0;
  std::size_t asked = 0;
};

// A client's limits, or those of an address.
class Paces {
 public:
  Paces(const Options& options, std::size_t clients);
  Duration take(LineCost cost, TimePoint time);
  void limit(TimePoint latest) { shown_.limit(latest), asked_.limit(latest); }
  bool rested(TimePoint time) const { return shown_.rested(time) && asked_.rested(time); }

 private:
  Pace shown_, asked_;
};

// The limits of the addresses that have sent something lately.
class AddressPaces {
 public:
  Duration take(const Options& options, const std::string& place, LineCost cost, TimePoint time);
  std::size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Paces> paces_;
  std::size_t sweep_at_ = 64;
};

class Flood {
 public:
  // `peer` is the client's address, as address_name() (peer.h) gives it.
  Flood(Context& context, const std::string& peer);

  // Takes the arrival of a client, whom the lobby sees come and go: for its address, not for itself.
  Duration arrive(TimePoint time);
  // Takes a line, and returns how long to wait before it is carried out.
  Duration take(LineCost cost, TimePoint time);
  // For a client that has to wait: true once for each flood, which ends when the client has rested.
  bool begins() { return !std::exchange(told_, true); }
  // What to tell it then.
  std::string sentence() const;
  // Waits for `pause`, or until `over`. For the connection's reader.
  static void wait(Link& link, Duration pause, const bool& over);
  // From now on there is no limit: the client is an operator.
  void lift() noexcept { lifted_ = true; }

 private:
  Context& context_;
  std::string place_;
  Paces own_;
  bool told_ = false;
  bool lifted_ = false;
};

}  // namespace loquat::doors
