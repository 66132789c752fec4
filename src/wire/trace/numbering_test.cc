#include "wire/trace/numbering.h"

#include <gtest/gtest.h>

#include "wire/trace/test_frames.h"

namespace loquat::wire {
namespace {

using codec::tcp::ack;
using codec::tcp::rst;
using codec::tcp::syn;

Numbers add(Numbering& numbering, Side from, const tests::Tcp& tcp) {
  const auto bytes = tests::tcp_bytes(from, tcp);
  return numbering.add(*codec::find_segment(bytes));
}

TEST(Numbering, CountsFromTheSyn) {
  Numbering numbering;
  EXPECT_EQ(add(numbering, Side::client, {.seq = 0xffffffff, .flags = syn}).seq, 0u);
  const Numbers answer = add(numbering, Side::server, {.seq = 7, .ack = 0, .flags = syn | ack});
  EXPECT_EQ(answer.seq, 0u);
  EXPECT_EQ(answer.ack, 1u) << "past the wrap";
  EXPECT_EQ(add(numbering, Side::client, {.seq = 0, .ack = 8, .flags = ack}).seq, 1u);
  EXPECT_EQ(numbering.client(0).port, 40000);
}

TEST(Numbering, CountsFromOneWhereNoSynWasSeen) {
  Numbering numbering;
  const Numbers first = add(numbering, Side::server, {.seq = 100, .ack = 2000, .flags = ack});
  EXPECT_EQ(first.seq, 1u);
  EXPECT_EQ(first.ack, 1u);
  EXPECT_EQ(add(numbering, Side::client, {.seq = 2000, .ack = 105, .flags = ack}).ack, 6u);
  EXPECT_EQ(numbering.client(0).port, 40000) << "a guess: servers have low ports";
  Numbering refused;
  add(refused, Side::client, {.seq = 5, .flags = syn});
  EXPECT_EQ(add(refused, Side::server, {.seq = 0, .ack = 6, .flags = rst | ack}).seq, 1u);
}

TEST(Numbering, ScalesOnlyIfBothSynsOfferedIt) {
  const std::vector<std::uint8_t> scale7 = {1, 3, 3, 7}, scale200 = {1, 3, 3, 200};
  Numbering both;
  add(both, Side::client, {.seq = 1, .flags = syn, .options = scale7});
  EXPECT_EQ(add(both, Side::server, {.ack = 2, .flags = syn | ack, .window = 9, .options = scale200}).window, 9u);
  EXPECT_EQ(add(both, Side::client, {.seq = 2, .ack = 1, .flags = ack, .window = 9}).window, 9u << 7);
  EXPECT_EQ(add(both, Side::server, {.seq = 1, .ack = 2, .flags = ack, .window = 9}).window, 9u << 14);
  Numbering one;
  add(one, Side::client, {.seq = 1, .flags = syn, .options = scale7});
  add(one, Side::server, {.ack = 2, .flags = syn | ack});
  EXPECT_EQ(add(one, Side::client, {.seq = 2, .ack = 1, .flags = ack, .window = 9}).window, 9u);
}

TEST(Numbering, OnlyANewSynBeginsANewConnection) {
  Numbering numbering;
  EXPECT_EQ(add(numbering, Side::client, {.seq = 1, .flags = syn}).connection, 0u);
  EXPECT_EQ(add(numbering, Side::client, {.seq = 1, .flags = syn}).connection, 0u);
  EXPECT_EQ(add(numbering, Side::client, {.seq = 9, .flags = syn, .client_port = 40001}).connection, 1u);
  EXPECT_EQ(add(numbering, Side::client, {.seq = 90000, .flags = syn}).connection, 2u);
  EXPECT_EQ(add(numbering, Side::server, {.seq = 3, .ack = 90001, .flags = syn | ack}).connection, 2u);
  EXPECT_EQ(numbering.connections(), 3u);
}

}  // namespace
}  // namespace loquat::wire
