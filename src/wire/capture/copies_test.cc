#include "wire/capture/copies.h"

#include <gtest/gtest.h>

#include "wire/trace/test_frames.h"

namespace loquat::wire {
namespace {

constexpr std::int64_t millisecond = 1'000'000;  // ns

// Segments of one sender, with the identification and the last byte of the sender's Ethernet address.
class Sender {
 public:
  int add(const tests::Tcp& tcp, std::int64_t time, int id, int address = 1) {
    Frame frame{.number = ++number_, .bytes = tests::tcp_bytes(Side::client, tcp)};
    frame.bytes[11] = static_cast<std::byte>(address);
    frame.bytes[18] = static_cast<std::byte>(id >> 8);
    frame.bytes[19] = static_cast<std::byte>(id & 255);
    return copies_.add(frame, *codec::find_segment(frame.bytes), time);
  }

 private:
  int number_ = 0;
  Copies copies_;
};

constexpr tests::Tcp pure_ack{.seq = 100, .ack = 700, .flags = codec::tcp::ack};

TEST(Copies, APureAckWithoutAnIdentificationMustHaveOtherAddresses) {
  Sender sender;
  EXPECT_EQ(sender.add(pure_ack, 0, 0), 0);
  EXPECT_EQ(sender.add(pure_ack, millisecond / 2, 0), 0) << "it may have been sent twice";
  EXPECT_EQ(sender.add(pure_ack, millisecond / 2, 0, 2), 1) << "it passed a router";
  EXPECT_EQ(sender.add(pure_ack, 3 * millisecond, 0, 3), 0);
}

TEST(Copies, TheIdentificationIsEvidenceWhileItChanges) {
  Sender sender;
  EXPECT_EQ(sender.add(pure_ack, 0, 5), 0);
  EXPECT_EQ(sender.add(pure_ack, 100 * millisecond, 5), 1);
  EXPECT_EQ(sender.add({.seq = 100, .ack = 900, .flags = codec::tcp::ack}, 101 * millisecond, 5), 0);
  EXPECT_EQ(sender.add(pure_ack, 102 * millisecond, 5), 0);
}

}  // namespace
}  // namespace loquat::wire
