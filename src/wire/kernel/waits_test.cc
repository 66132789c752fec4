#include "wire/kernel/waits.h"

#include <gtest/gtest.h>

#include <chrono>

namespace loquat::wire::kernel {
namespace {

using std::chrono::milliseconds;

// 100 bytes in flight for 30 ms and 50 more that wait, on a path of 1 ms.
SocketFacts held_back() {
  SocketFacts socket;
  socket.state = State::established;
  socket.timer = Timer::retransmit;
  socket.send_queue = 150;
  socket.info.emplace();
  socket.info->unacked = 1;
  socket.info->not_sent = 50;
  socket.info->send_mss = 1448;
  socket.info->send_window = 60000;
  socket.info->congestion_window = 10;
  socket.info->min_rtt = milliseconds(1);
  socket.info->last_data_sent = milliseconds(30);
  return socket;
}

TEST(WhyWaits, ASmallSegmentIsHeldBackLongerThanARoundTrip) {
  SocketFacts socket = held_back();
  EXPECT_EQ(wait_of(socket), Wait::small_segment);
  socket.info->min_rtt = milliseconds(20);
  EXPECT_EQ(wait_of(socket), Wait::nothing) << "the ACK cannot be here yet";
  socket = held_back();
  socket.info->not_sent = 0;
  EXPECT_EQ(wait_of(socket), Wait::nothing) << "all of it is on its way: only the ACK is late";
  socket = held_back();
  socket.info->not_sent = 5000;
  EXPECT_EQ(wait_of(socket), Wait::nothing) << "Nagle's algorithm lets full segments go";
  socket = held_back();
  socket.info->send_window = 120;
  EXPECT_EQ(wait_of(socket), Wait::nothing) << "the window has no room";
  socket = held_back();
  socket.retransmits = 1;
  EXPECT_EQ(wait_of(socket), Wait::nothing);
}

TEST(WhyWaits, WhoseWordIsAwaited) {
  SocketFacts socket;
  socket.state = State::established;
  socket.info.emplace();
  EXPECT_EQ(wait_of(socket), Wait::nothing);
  socket.info->data_segments_out = 1;
  socket.info->bytes_received = 1;
  socket.info->last_data_sent = milliseconds(50);
  socket.info->last_data_received = milliseconds(90);
  EXPECT_EQ(wait_of(socket), Wait::peers_word);
  socket.info->last_data_received = milliseconds(20);
  EXPECT_EQ(wait_of(socket), Wait::our_word);
  socket.info->last_data_received = milliseconds(5);
  EXPECT_EQ(wait_of(socket), Wait::nothing) << "no wait yet";
  socket.info->last_data_received = socket.info->last_data_sent = socket.info->last_ack_received = milliseconds(60);
  EXPECT_EQ(wait_of(socket), Wait::a_word) << "within the same tick";
  socket.info->last_ack_received = milliseconds(20);
  EXPECT_EQ(wait_of(socket), Wait::peers_word) << "it has acknowledged what we sent after its own word";
  socket.info->last_data_received = milliseconds(20);
  socket.recv_queue = 1;
  EXPECT_EQ(wait_of(socket), Wait::nothing) << "it has not read that";
}

TEST(WhyWaits, PartsOfATime) {
  Waits waits;
  EXPECT_EQ(waits.part_of(Wait::peers_word, milliseconds(100)), Duration{});
  waits.add(Wait::peers_word, milliseconds(20));
  waits.add(Wait::peers_word, milliseconds(30));
  waits.add(Wait::nothing, {});
  waits.add(Wait::our_word, milliseconds(10));
  EXPECT_EQ(waits.part_of(Wait::peers_word, milliseconds(100)), milliseconds(50));
  EXPECT_EQ(waits.longest(Wait::peers_word), milliseconds(30));
  waits.add(Wait::a_word, milliseconds(40));
  waits.clear_up(Wait::peers_word);
  EXPECT_EQ(waits.seen(Wait::peers_word), 3);
  EXPECT_EQ(waits.seen(Wait::a_word), 0);
  EXPECT_EQ(waits.longest(Wait::peers_word), milliseconds(40));
}

}  // namespace
}  // namespace loquat::wire::kernel
