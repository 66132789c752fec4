// test_observation.h - what two looks may have seen of a connection, for the tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

#include "wire/why/why.h"

namespace loquat::wire::why_tests {

using kernel::Timer;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Our end is 10.0.0.1:40000, of server (42); both ends last spoke 20 s ago.
inline Observation connection(State state, Duration between = seconds(3)) {
  Observation seen;
  seen.last.local = {"10.0.0.1", 40000};
  seen.last.remote = {"10.0.0.2", 80};
  seen.last.state = state;
  seen.last.inode = 7;
  seen.last.cookie = 9;
  seen.last.info.emplace();
  seen.last.info->bytes_acked = seen.last.info->bytes_received = 5000;
  seen.last.info->segments_in = 20;
  seen.last.info->last_data_sent = seen.last.info->last_data_received = seen.last.info->last_ack_received = seconds(20);
  seen.first = seen.last;
  seen.between = between;
  seen.owners = {{42, "server", 3}};
  return seen;
}

inline void add_peer(Observation& seen, State state, std::uint32_t recv_queue = 0) {
  kernel::SocketFacts peer = seen.last;
  std::swap(peer.local, peer.remote);
  peer.state = state;
  peer.recv_queue = recv_queue;
  peer.send_queue = 0;
  peer.timer = Timer::none;
  seen.peer = seen.peer_first = peer;
  seen.peer_is_here = true;
}

inline void close_window(Observation& seen) {
  seen.last.timer = Timer::persist;
  seen.last.send_queue = 30000;
  seen.last.info->not_sent = 30000;
  seen.first = seen.last;
}

inline std::string verdict_of(const Observation& seen) {
  Verdict v = judge(seen);
  EXPECT_FALSE(v.sentence.en.empty());
  EXPECT_FALSE(v.sentence.zh.empty());
  EXPECT_EQ(v.sentence.en.find('{'), std::string::npos) << v.sentence.en;
  EXPECT_EQ(v.sentence.zh.find('{'), std::string::npos) << v.sentence.zh;
  if (v.certainty == Certainty::certain) {
    EXPECT_TRUE(v.others.empty()) << "certain, and yet it may be something else";
    EXPECT_FALSE(v.look_longer);
  }
  return std::string(name(v.cause)) + " " + std::string(name(v.certainty));
}

inline std::string verdict_of(const Death& death) {
  Verdict v = judge_death(death);
  EXPECT_EQ(v.sentence.zh.find('{'), std::string::npos) << v.sentence.zh;
  return std::string(name(v.cause)) + " " + std::string(name(v.certainty));
}

}  // namespace loquat::wire::why_tests
