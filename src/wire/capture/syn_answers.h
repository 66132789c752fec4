// syn_answers.h - what each SYN of a capture was answered. It sees all packets once, before a Tracker does: at the SYN
// itself nobody could tell whether its receiver listens.
//
//   Frames    Count all packets from 1; connections count from 0, as in numbering.h.
//   Memory    One small entry per SYN and per connection.
//   Threads   One caller at a time.
//
// Layer: wire (docs/layers.txt).  Source: RFC 9293 s.3.5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "codec/capture/capture.h"
#include "wire/kernel/ends.h"
#include "wire/trace/numbering.h"

namespace loquat::wire {

class SynAnswers {
 public:
  void add(const codec::CapturedPacket& packet);

  enum class Answer : std::uint8_t { none, accepted, refused, crossed };  // crossed: by a SYN of the other side
  Answer of(int frame) const;
  // The state of the server before connection `n` began.
  State server(std::size_t n) const;
  std::size_t connections() const noexcept { return numbering_.connections(); }

 private:
  struct Waiting {
    int frame = 0;
    Side from = Side::client;
  };
  int frames_ = 0;
  Numbering numbering_;
  std::map<std::size_t, Waiting> waiting_;  // the last SYN of each connection, while nothing has answered it
  std::map<int, Answer> answers_;
  std::map<std::size_t, State> servers_;
};

}  // namespace loquat::wire
