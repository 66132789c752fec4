// The rules as a function: facts in, verdict out. Real connections are in tests/wire_why_test.py.
#include "wire/why/why.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>

#include "wire/why/absence.h"
#include "wire/why/listening.h"
#include "wire/why/pile.h"
#include "wire/why/upstreams.h"

namespace loquat::wire {
namespace {

using kernel::Timer;
using std::chrono::milliseconds;
using std::chrono::seconds;

Observation connection(State state, Duration between = seconds(3)) {
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

void add_peer(Observation& seen, State state, std::uint32_t recv_queue = 0) {
  kernel::SocketFacts peer = seen.last;
  std::swap(peer.local, peer.remote);
  peer.state = state;
  peer.recv_queue = recv_queue;
  peer.send_queue = 0;
  peer.timer = Timer::none;
  seen.peer = seen.peer_first = peer;
  seen.peer_is_here = true;
}

void close_window(Observation& seen) {
  seen.last.timer = Timer::persist;
  seen.last.send_queue = 30000;
  seen.last.info->not_sent = 30000;
  seen.first = seen.last;
}

std::string verdict_of(const Observation& seen) {
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

TEST(Why, AZeroWindowIsCertainAfterTenSecondsOrFromBothEnds) {
  Observation seen = connection(State::established);
  close_window(seen);
  EXPECT_EQ(verdict_of(seen), "peer-not-reading certain");
  seen.last.info->last_data_sent = seconds(4);
  EXPECT_EQ(verdict_of(seen), "peer-not-reading likely");
  add_peer(seen, State::established, 6000);
  EXPECT_EQ(verdict_of(seen), "peer-not-reading certain");
  seen.between = seconds(1);
  EXPECT_EQ(verdict_of(seen), "peer-not-reading likely");
}

TEST(Why, AZeroWindowThatMovesIsASlowReader) {
  Observation seen = connection(State::established);
  close_window(seen);
  seen.last.info->bytes_acked += 1000;
  EXPECT_EQ(verdict_of(seen), "healthy certain");
  seen = connection(State::established);
  close_window(seen);
  add_peer(seen, State::established, 3000);
  seen.peer_first->recv_queue = 4000;  // 1000 have been read
  EXPECT_EQ(verdict_of(seen), "healthy certain");
}

TEST(Why, AZeroWindowWithNothingUnreadIsNotTheReadersFault) {
  Observation seen = connection(State::established);
  close_window(seen);
  add_peer(seen, State::established, 0);
  EXPECT_NE(judge(seen).cause, Cause::peer_not_reading);
}

TEST(Why, WhatAnApplicationDoesNotRead) {
  Observation seen = connection(State::established);
  seen.first.recv_queue = seen.last.recv_queue = 300;
  EXPECT_EQ(verdict_of(seen), "application-not-reading certain");
  seen.between = seconds(1);
  EXPECT_EQ(verdict_of(seen), "application-not-reading likely");
  seen.last.recv_queue = 200;
  EXPECT_EQ(verdict_of(seen), "healthy certain") << "it has read 100 bytes";
}

TEST(Why, CloseWaitIsALeakForCertainIfNobodyCanWantAnAnswer) {
  Observation seen = connection(State::close_wait);
  EXPECT_EQ(verdict_of(seen), "close-wait-leak likely");
  seen.peer_is_here = true;
  EXPECT_EQ(verdict_of(seen), "close-wait-leak certain") << "the other end is gone";
  add_peer(seen, State::fin_wait_2);
  EXPECT_EQ(verdict_of(seen), "close-wait-leak likely") << "a process still holds it: a half-close";
  seen.peer->inode = 0;
  EXPECT_EQ(verdict_of(seen), "close-wait-leak certain");
  seen.last.info->bytes_acked += 10;
  EXPECT_EQ(verdict_of(seen), "healthy likely") << "it still sends";
}

TEST(Why, ListenersAndTheirBacklog) {
  Observation seen = connection(State::listen);
  seen.last.info.reset();
  seen.first = seen.last;
  seen.first.send_queue = seen.last.send_queue = 4;
  EXPECT_EQ(verdict_of(seen), "listening certain");
  seen.first.recv_queue = seen.last.recv_queue = 5;
  EXPECT_EQ(verdict_of(seen), "backlog-full certain");
  seen.first.recv_queue = 0;
  EXPECT_EQ(verdict_of(seen), "backlog-full likely");
  seen.first.recv_queue = seen.last.recv_queue = 2;
  EXPECT_EQ(verdict_of(seen), "not-accepting likely");
}

TEST(Why, OneThatIsNotAcceptedYet) {
  Observation seen = connection(State::established);
  seen.first.inode = seen.last.inode = 0;
  EXPECT_EQ(verdict_of(seen), "not-accepting certain");
  seen.between = seconds(1);
  EXPECT_EQ(verdict_of(seen), "not-accepting likely");
}

TEST(Why, ASynThatNobodyAnswers) {
  Observation seen = connection(State::syn_sent);
  EXPECT_EQ(verdict_of(seen), "connecting likely");
  seen.first.retransmits = seen.last.retransmits = 2;
  EXPECT_EQ(verdict_of(seen), "syn-filtered likely");
  seen.neighbour_failed = true;
  EXPECT_EQ(verdict_of(seen), "peer-gone likely");
  seen.neighbour_failed = false;
  seen.listener = connection(State::listen).last;
  seen.listener->send_queue = 4;
  seen.listener->recv_queue = 5;
  EXPECT_EQ(verdict_of(seen), "backlog-full certain");
}

TEST(Why, LossesWhileItMoves) {
  Observation seen = connection(State::established);
  seen.last.send_queue = 5000;
  seen.last.info->bytes_acked += 100000;
  seen.last.info->data_segments_out = 300;
  seen.first.info->data_segments_out = 200;
  seen.last.info->total_retrans = 10;
  EXPECT_EQ(verdict_of(seen), "path-loss certain");
  seen.first.info->total_retrans = 9;
  seen.last.info->data_segments_out = 900;
  EXPECT_EQ(verdict_of(seen), "healthy certain") << "1 of 700 is no trouble";
}

TEST(Why, APersistTimerWithoutWaitingForTheWindowIsNoSlowReader) {
  Observation seen = connection(State::established);
  close_window(seen);
  seen.last.info->busy = seconds(5);
  seen.last.info->bytes_acked += 100000;
  seen.last.info->data_segments_out = 90;
  seen.last.info->total_retrans = 5;
  EXPECT_EQ(verdict_of(seen), "path-loss certain");
  seen.last.info->window_limited = seconds(4);
  EXPECT_EQ(verdict_of(seen), "healthy certain");
}

TEST(Why, WhatWasSentAgainForNothingIsNoLoss) {
  Observation seen = connection(State::established);
  seen.last.send_queue = 5000;
  seen.last.info->bytes_acked += 1000;
  seen.last.info->data_segments_out = 90;
  seen.last.info->total_retrans = seen.last.info->spurious_retrans = 4;
  EXPECT_EQ(verdict_of(seen), "healthy certain");
}

TEST(Why, SilenceAfterRetransmissions) {
  Observation seen = connection(State::established);
  seen.last.send_queue = 100;
  seen.last.timer = Timer::retransmit;
  seen.last.retransmits = 3;
  seen.last.info->total_retrans = 3;
  EXPECT_EQ(verdict_of(seen), "peer-gone likely");
  seen.last.info->total_retrans = 30;
  EXPECT_EQ(verdict_of(seen), "path-loss likely") << "it has lost before, and went on";
  add_peer(seen, State::established);
  EXPECT_EQ(verdict_of(seen), "path-loss certain") << "the other end is here";
}

TEST(Why, AnotherEndThatShouldBeHereAndIsNot) {
  Observation seen = connection(State::established);
  seen.peer_is_here = true;
  EXPECT_EQ(verdict_of(seen), "half-open likely");
  seen.may_be_nat = false;
  EXPECT_EQ(verdict_of(seen), "half-open certain");
  seen.last.info->bytes_received += 10;
  EXPECT_EQ(verdict_of(seen), "healthy certain") << "somebody speaks to it";
}

TEST(Why, AProcessThatIsStoppedIsTheCause) {
  Observation seen = connection(State::established);
  seen.last.recv_queue = seen.first.recv_queue = 100;
  EXPECT_NE(judge(seen).next.en.find("gdb -p 42 "), std::string::npos) << judge(seen).next.en;
  seen.owners.front().state = 'T';
  EXPECT_EQ(verdict_of(seen), "application-not-reading certain");
  EXPECT_TRUE(judge(seen).sentence.en.starts_with("server (42) is stopped")) << judge(seen).sentence.en;
  EXPECT_NE(judge(seen).next.en.find("kill -CONT 42"), std::string::npos);
  seen.owners.front().state = 't';
  EXPECT_NE(judge(seen).sentence.en.find("debugger"), std::string::npos);
  seen.owners.push_back({43, "server", 3, 'S'});
  EXPECT_TRUE(judge(seen).sentence.en.starts_with("STUCK")) << "another process may still read";
}

TEST(Why, AConnectionThatTheServerHasNotAccepted) {
  Observation seen = connection(State::established);
  add_peer(seen, State::established, 30);
  seen.peer->inode = seen.peer_first->inode = 0;
  seen.listener.emplace(*seen.peer);
  seen.listener->state = State::listen;
  seen.listener->inode = 5;
  seen.listener_owners = {{77, "gunicorn", 4, 'S'}};
  EXPECT_EQ(verdict_of(seen), "not-accepting certain");
  EXPECT_NE(judge(seen).sentence.en.find("gunicorn (77)"), std::string::npos);
}

TEST(Why, FullSizedSegmentsThatNeverPassAreABlackHole) {
  Observation seen = connection(State::established);
  seen.last.timer = Timer::retransmit;
  seen.last.retransmits = 3;
  seen.last.send_queue = 3000;
  seen.last.info->send_mss = 1448;
  seen.last.info->bytes_acked = 100;
  seen.last.info->sacked = 1;
  seen.first = seen.last;
  EXPECT_EQ(verdict_of(seen), "pmtu-black-hole likely");
  seen.last.info->sacked = 0;
  EXPECT_EQ(verdict_of(seen), "peer-gone likely") << "nothing at all comes back";
  seen.last.info->sacked = 1;
  seen.last.info->bytes_acked = seen.first.info->bytes_acked = 5000;
  EXPECT_EQ(verdict_of(seen), "peer-gone likely") << "full-sized ones have passed before";
}

TEST(Why, AnIdleOneSaysWhoOwesAnAnswer) {
  Observation seen = connection(State::established);
  add_peer(seen, State::established);
  kernel::TcpInfo& info = *seen.last.info;
  auto sentence = [&seen] { return judge(seen).sentence.en; };
  info.data_segments_out = 3;
  EXPECT_EQ(sentence().find("spoke last"), std::string::npos) << "within the same tick";
  EXPECT_TRUE(judge(seen).next.empty());
  info.last_data_sent = seconds(8);
  EXPECT_NE(sentence().find("we spoke last, 8 s ago; the peer has it"), std::string::npos) << sentence();
  EXPECT_EQ(verdict_of(seen), "idle likely") << "it may owe nothing";
  info.last_data_received = seconds(5);
  EXPECT_NE(sentence().find("the peer spoke last, 5 s ago"), std::string::npos) << sentence();
  EXPECT_EQ(verdict_of(seen), "idle certain");
  info.last_data_received = info.last_data_sent;
  info.bytes_received = seen.first.info->bytes_received = 0;
  EXPECT_NE(sentence().find("we spoke last"), std::string::npos) << "the peer never spoke";
  info.data_segments_out = 0;
  EXPECT_NE(sentence().find("neither end"), std::string::npos) << sentence();
}

TEST(Why, AnIdleOneIsCertainOnlyIfThePeerLives) {
  Observation seen = connection(State::established);
  EXPECT_EQ(verdict_of(seen), "idle likely");
  add_peer(seen, State::established);
  EXPECT_EQ(verdict_of(seen), "idle certain");
  seen = connection(State::established);
  seen.last.timer = Timer::keepalive;
  seen.last.retransmits = 2;
  EXPECT_EQ(verdict_of(seen), "peer-gone likely") << "probes without answers";
}

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

std::string verdict_of(const Death& death) {
  Verdict v = judge_death(death);
  EXPECT_EQ(v.sentence.zh.find('{'), std::string::npos) << v.sentence.zh;
  return std::string(name(v.cause)) + " " + std::string(name(v.certainty));
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

TEST(Why, APortThatNobodyHas) {
  EXPECT_EQ(judge_absent({.where = "port 80", .may_be_nat = false}).certainty, Certainty::certain);
  EXPECT_EQ(judge_absent({.where = "port 80"}).certainty, Certainty::likely);
  EXPECT_FALSE(judge_absent({.where = "port 80"}).others.empty());
  Verdict kept = judge_absent({.where = "port 80", .in_time_wait = 3});
  EXPECT_NE(kept.evidence.front().text.en.find("3 connections"), std::string::npos);
}

TEST(Why, APortThatIsOpenAtAnotherAddressIsNamed) {
  kernel::SocketFacts listener;
  listener.local = {"127.0.0.1", 80};
  listener.state = State::listen;
  Verdict v = judge_absent({.where = "10.0.0.1:80", .elsewhere = {{listener, {{42, "server", 3}}}}});
  EXPECT_NE(v.sentence.en.find("server (42) listens at 127.0.0.1:80"), std::string::npos) << v.sentence.en;
}

TEST(Why, AListenerHasTheAddressesOfItsFamily) {
  kernel::SocketFacts listener;
  listener.local = {"::", 80};
  EXPECT_TRUE(has_address(listener, {"::1", 80}));
  EXPECT_TRUE(has_address(listener, {"10.0.0.1", 80}));
  EXPECT_FALSE(has_address(listener, {"::1", 81}));
  listener.v6_only = true;
  EXPECT_FALSE(has_address(listener, {"10.0.0.1", 80}));
  listener.local = {"0.0.0.0", 80};
  EXPECT_TRUE(has_address(listener, {"10.0.0.1", 80}));
  EXPECT_FALSE(has_address(listener, {"::1", 80}));
  EXPECT_TRUE(listener_at({listener}, {"127.0.0.1", 80}));
  EXPECT_EQ(listeners_elsewhere({listener}, {"::1", 80}).size(), 1U);
  EXPECT_TRUE(listeners_elsewhere({listener}, {"::1", 81}).empty());
}

// `count` connections in TIME-WAIT that differ in our port (a client's) or in the peer's (a server's).
Pile pile_of(int count, bool client) {
  Pile pile;
  kernel::SocketFacts socket = connection(State::time_wait).last;
  for (int i = 0; i < count; ++i) {
    const auto port = static_cast<std::uint16_t>(40000 + i);
    socket.local = {"10.0.0.1", client ? port : std::uint16_t{80}};
    socket.remote = {"10.0.0.2", client ? std::uint16_t{80} : port};
    pile.add(socket);
  }
  return pile;
}

TEST(Why, ManyInTimeWait) {
  const Pile pile = pile_of(60, true);
  EXPECT_TRUE(pile.verdicts(200).empty());
  EXPECT_EQ(pile.verdicts(100).at(0).verdict.certainty, Certainty::likely);
  EXPECT_EQ(pile.verdicts(61).at(0).verdict.certainty, Certainty::certain);
  EXPECT_NE(pile.verdicts(61).at(0).verdict.sentence.en.find("10.0.0.2:80"), std::string::npos);
  EXPECT_EQ(pile.verdicts(61).at(0).ends, pile_of(59, true).verdicts(61).at(0).ends) << "its name has no numbers of it";
}

TEST(Why, ManyInTimeWaitOfAServer) {
  const auto verdicts = pile_of(60, false).verdicts(100);
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].verdict.certainty, Certainty::likely);
  EXPECT_NE(verdicts[0].verdict.sentence.en.find("from 10.0.0.2 to our 10.0.0.1:80"), std::string::npos);
  EXPECT_FALSE(verdicts[0].verdict.others.empty());
}

std::string line_about(const Upstreams& upstreams, const Observation& of) {
  Verdict verdict = judge(of);
  const std::size_t before = verdict.evidence.size();
  upstreams.explain(of, verdict);
  return verdict.evidence.size() > before ? verdict.evidence.back().text.en : "";
}

Upstreams upstreams_of_8080() {
  kernel::SocketFacts listener;
  listener.local = {"0.0.0.0", 8080};
  return Upstreams({listener});
}

Observation client_of_8080() {
  Observation client = connection(State::established);
  client.first.local = client.last.local = {"10.0.0.1", 8080};
  client.first.remote = client.last.remote = {"10.0.0.3", 50000};
  return client;
}

TEST(Why, AClientsConnectionNamesTheUpstreamThatIsStuck) {
  Upstreams upstreams = upstreams_of_8080();
  Observation client = client_of_8080();
  Observation upstream = connection(State::established);
  upstreams.add(upstream, judge(upstream));
  EXPECT_EQ(line_about(upstreams, client), "") << "that one is idle";
  Observation other_client = client;
  close_window(other_client);
  upstreams.add(other_client, judge(other_client));
  EXPECT_EQ(line_about(upstreams, client), "") << "a client that does not read keeps no other one waiting";
  close_window(upstream);
  upstreams.add(upstream, judge(upstream));
  EXPECT_EQ(
      line_about(upstreams, client),
      "its program server (42) may itself be waiting: its connection to 10.0.0.2:80 is peer-not-reading (certain)");
  EXPECT_EQ(line_about(upstreams, connection(State::established)), "") << "it is another upstream connection";
  client.owners = {{43, "other", 3}};
  EXPECT_EQ(line_about(upstreams, client), "");
}

TEST(Why, AClientsConnectionNamesTheUpstreamThatDoesNotAnswer) {
  Upstreams upstreams = upstreams_of_8080();
  Observation client = client_of_8080();  // it asked 20 s ago
  Observation upstream = connection(State::established);
  upstream.last.info->data_segments_out = 1;
  upstream.last.info->last_data_received = seconds(40);
  upstream.last.info->last_data_sent = seconds(30);
  upstreams.add(upstream, judge(upstream));
  EXPECT_EQ(line_about(upstreams, client), "") << "that was sent before";
  upstream.last.info->last_data_sent = seconds(19);
  upstreams.add(upstream, judge(upstream));
  EXPECT_EQ(line_about(upstreams, client),
            "its program server (42) may itself be waiting: it sent to 10.0.0.2:80 19 s ago, and nothing has come back "
            "since");
  client.last.info->data_segments_out = 1;
  client.last.info->last_data_sent = seconds(10);
  EXPECT_EQ(line_about(upstreams, client), "") << "the client has got its answer";
}

TEST(Why, TheWorstIsTheMostUrgent) {
  const Urgency stuck =
      urgency({.cause = Cause::peer_not_reading, .certainty = Certainty::certain, .stuck = seconds(9)});
  EXPECT_GT(stuck, urgency({.cause = Cause::peer_gone, .certainty = Certainty::certain, .stuck = seconds(4)}));
  EXPECT_GT(stuck, urgency({.cause = Cause::peer_gone, .certainty = Certainty::likely, .stuck = seconds(60)}));
  EXPECT_GT(stuck, urgency({.cause = Cause::time_wait_pile, .certainty = Certainty::certain}));
  EXPECT_EQ(urgency({.cause = Cause::idle}), urgency({.cause = Cause::healthy, .certainty = Certainty::certain}));
}

TEST(Why, EveryCauseHasAName) {
  for (int i = 0; i <= static_cast<int>(Cause::capture_duplicates); ++i)
    EXPECT_FALSE(name(static_cast<Cause>(i)).empty());
  EXPECT_EQ(name(Cause::reset), "reset");
  EXPECT_EQ(name(Cause::pmtu_black_hole), "pmtu-black-hole");
  EXPECT_EQ(severity(Cause::idle), 0);
  EXPECT_EQ(severity(Cause::time_wait_pile), 1);
  EXPECT_EQ(severity(Cause::backlog_full), 2);
  EXPECT_EQ(severity(Cause::slow_server), 1);
  EXPECT_EQ(severity(Cause::capture_duplicates), 0);
}

}  // namespace
}  // namespace loquat::wire
