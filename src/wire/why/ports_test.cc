// Listeners: what waits for them, at which address they are, and how many ports are left.
#include <gtest/gtest.h>

#include <memory>

#include "wire/why/absence.h"
#include "wire/why/listening.h"
#include "wire/why/pile.h"
#include "wire/why/test_observation.h"

namespace loquat::wire {
namespace {

using namespace why_tests;

TEST(Why, AListenerWithoutADescriptorForTheNextConnection) {
  Observation seen = connection(State::listen);
  seen.first.recv_queue = seen.last.recv_queue = 2;
  seen.last.send_queue = 16;
  seen.out_of_descriptors = seen.owners.front();
  EXPECT_TRUE(judge(seen).sentence.en.starts_with("server (42) has no descriptor left")) << judge(seen).sentence.en;
  EXPECT_NE(judge(seen).next.en.find("/proc/42/fd"), std::string::npos);
}

TEST(Why, AListenerWithTooManyOpenHandshakes) {
  Observation seen = connection(State::listen);
  seen.first.recv_queue = seen.last.recv_queue = 0;
  EXPECT_EQ(verdict_of(seen), "listening certain");
  seen.moved = std::make_shared<kernel::CounterValues>(kernel::CounterValues{{"TCPReqQFullDoCookies", 9}});
  EXPECT_EQ(verdict_of(seen), "listening likely");
  EXPECT_NE(judge(seen).sentence.en.find("too many handshakes"), std::string::npos);
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
  seen.listener_owners.push_back({78, "gunicorn", 4, 'S'});
  EXPECT_NE(judge(seen).sentence.en.find("gunicorn (77) and 1 more"), std::string::npos) << judge(seen).sentence.en;
}

TEST(Why, AListenerMayDeferAcceptUntilDataComes) {
  Observation server = connection(State::syn_received);
  EXPECT_NE(judge(server).sentence.en.find("TCP_DEFER_ACCEPT"), std::string::npos) << judge(server).sentence.en;
  server.between = seconds(1);
  EXPECT_EQ(judge(server).sentence.en.find("TCP_DEFER_ACCEPT"), std::string::npos) << "its ACK may be late";
  Observation client = connection(State::established);
  add_peer(client, State::syn_received);
  EXPECT_EQ(verdict_of(client), "idle likely");
  EXPECT_NE(judge(client).sentence.en.find("TCP_DEFER_ACCEPT"), std::string::npos) << judge(client).sentence.en;
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

TEST(Why, OfSeveralListenersTheOneWithTheLongestQueueIsMeant) {
  kernel::SocketFacts idle, stuck;
  idle.local = stuck.local = {"127.0.0.1", 80};
  stuck.recv_queue = 3;
  stuck.inode = 5;
  EXPECT_EQ(listener_at({idle, stuck, idle}, {"127.0.0.1", 80})->inode, 5U);
  EXPECT_EQ(queues_at({idle, stuck}, {"127.0.0.1", 80}).size(), 1U);
  EXPECT_TRUE(is_listened_at({idle}, {"127.0.0.1", 80}));
  EXPECT_FALSE(is_listened_at({idle}, {"127.0.0.2", 80}));
}

// `count` connections in TIME-WAIT that differ in our port (a client's) or in the peer's (a server's).
Pile pile_of(int count, bool client, State state = State::time_wait) {
  Pile pile;
  kernel::SocketFacts socket = connection(state).last;
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

TEST(Why, OpenConnectionsUseUpThePorts) {
  const Pile pile = pile_of(60, true, State::established);
  EXPECT_TRUE(pile.verdicts(100).empty());
  ASSERT_EQ(pile.verdicts(60).size(), 1U);
  const Verdict v = pile.verdicts(60)[0].verdict;
  EXPECT_EQ(v.cause, Cause::port_exhaustion);
  EXPECT_EQ(v.certainty, Certainty::certain);
  EXPECT_EQ(pile.verdicts(65)[0].verdict.certainty, Certainty::likely);
  EXPECT_TRUE(pile_of(60, false, State::established).verdicts(60).empty()) << "a server needs no port for a client";
}

TEST(Why, ManyInTimeWaitOfAServer) {
  const auto verdicts = pile_of(60, false).verdicts(100);
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].verdict.certainty, Certainty::likely);
  EXPECT_NE(verdicts[0].verdict.sentence.en.find("from 10.0.0.2 to our 10.0.0.1:80"), std::string::npos);
  EXPECT_FALSE(verdicts[0].verdict.others.empty());
}

}  // namespace
}  // namespace loquat::wire
