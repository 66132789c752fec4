// The rules for connections that have ended.
#include <gtest/gtest.h>

#include <memory>

#include "wire/why/test_observation.h"

namespace loquat::wire {
namespace {

using namespace why_tests;

void rose(Death& death, const char* counter) {
  auto moved = std::make_shared<kernel::CounterValues>(death.moved ? *death.moved : kernel::CounterValues{});
  ++(*moved)[counter];
  death.moved = moved;
}

Death death_of(Observation seen, std::uint32_t unread = 0) {
  Death death{seen.last, false, seen, {}, {}, 0};
  rose(death, "TcpEstabResets");
  death.dead.recv_queue = unread;
  death.dead.state = State::closed;
  return death;
}

TEST(WhyDead, ResetsOfOurOwn) {
  Death death = death_of(connection(State::established), 50);
  rose(death, "TCPAbortOnClose");
  EXPECT_EQ(verdict_of(death), "reset-unread-data certain");
  death.others = 3;
  EXPECT_EQ(verdict_of(death), "reset-unread-data likely");
  death = death_of(connection(State::established));
  rose(death, "TCPAbortOnData");
  death.dead.remote = {"0.0.0.0", 0};
  EXPECT_EQ(verdict_of(death), "reset-linger-0 certain");
}

TEST(WhyDead, ResetsOfThePeer) {
  Death death = death_of(connection(State::established));
  EXPECT_EQ(verdict_of(death), "reset likely");
  death.peer_dead = death.dead;
  death.peer_dead->recv_queue = 20;
  rose(death, "TCPAbortOnClose");
  EXPECT_EQ(verdict_of(death), "reset-unread-data certain");
  death.held = true;
  death.dead.recv_queue = 50;  // its own process has yet to read: that was not the cause
  EXPECT_EQ(verdict_of(death), "reset-unread-data certain");
  EXPECT_NE(judge_death(death).sentence.en.find("the other end"), std::string::npos);
}

TEST(WhyDead, TheFirstWordAfterALongSilence) {
  Death death = death_of(connection(State::established));
  death.dead.info->data_segments_out += 1;
  EXPECT_EQ(verdict_of(death), "half-open likely");
  death.alive->last.info->last_data_received = milliseconds(10);
  EXPECT_EQ(verdict_of(death), "reset likely");
}

TEST(WhyDead, RefusedByIcmp) {
  Death death{};
  death.dead.local = {"10.0.0.1", 40000};
  death.dead.remote = {"10.0.0.2", 80};
  death.dead.info.emplace();
  death.dead.info->segments_out = 1;
  death.dead.send_queue = 1;
  rose(death, "IcmpInDestUnreachs");
  EXPECT_EQ(verdict_of(death), "refused-by-icmp likely");
  death.alive = connection(State::syn_sent);
  EXPECT_EQ(verdict_of(death), "refused-by-icmp likely");
  death.held = true;
  EXPECT_EQ(verdict_of(death), "refused-by-icmp likely") << "its program has not taken the error yet";
  rose(death, "TcpAttemptFails");  // the kernel counts both kinds of failure
  EXPECT_EQ(verdict_of(death), "refused-by-icmp likely");
  death.dead.remote = {"0.0.0.0", 0};
  EXPECT_EQ(verdict_of(death), "refused-by-icmp likely");
  death.moved = {};
  rose(death, "TcpAttemptFails");
  EXPECT_EQ(verdict_of(death), "closed-port likely");
  death.alive->neighbour_failed = true;
  death.moved = {};
  rose(death, "IcmpInDestUnreachs");
  EXPECT_EQ(verdict_of(death), "peer-gone likely") << "our own kernel has sent it: ARP got no answer";
}

TEST(WhyDead, WhatWasNotAcknowledgedIsLost) {
  Death death = death_of(connection(State::established));
  death.dead.send_queue = 700;
  EXPECT_EQ(verdict_of(death), "reset likely");
  EXPECT_NE(judge_death(death).sentence.en.find("at most 700 B"), std::string::npos) << judge_death(death).sentence.en;
  death.moved = {};
  EXPECT_EQ(verdict_of(death), "reset likely") << "in FIN-WAIT-1 no counter tells";
  rose(death, "TCPAbortOnTimeout");
  EXPECT_EQ(verdict_of(death), "peer-gone certain");
  EXPECT_NE(judge_death(death).sentence.en.find("at most 700 B"), std::string::npos);
  death.dead.send_queue = 0;
  death.moved = {};
  EXPECT_EQ(verdict_of(death), "closed certain");
}

TEST(WhyDead, RefusedGivenUpAndClosed) {
  Death death{};
  death.dead.remote = {"10.0.0.2", 80};
  death.dead.info.emplace();
  death.dead.info->segments_out = death.dead.info->segments_in = 1;
  EXPECT_EQ(judge_death(death).cause, Cause::closed_port);
  death.dead.info->segments_in = 0;
  death.dead.info->total_retrans = 2;
  EXPECT_EQ(verdict_of(death), "syn-filtered likely");
  Death closed = death_of(connection(State::established));
  closed.moved.reset();
  EXPECT_EQ(verdict_of(closed), "closed certain");
}

}  // namespace
}  // namespace loquat::wire
