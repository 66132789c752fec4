#include "chat/departures.h"

#include <gtest/gtest.h>

namespace loquat::chat {
namespace {

TEST(Departures, TheLastOfANickAndARoomCounts) {
  Departures departures(10);
  EXPECT_EQ(departures.last_seen("ada", "#tea"), 10u) << "when the server started, everybody had left";
  departures.left("ada", "#tea", 20);
  departures.left("ada", "#milk", 30);
  departures.left("ada", "#tea", 40);
  EXPECT_EQ(departures.last_seen("ada", "#tea"), 40u);
  EXPECT_EQ(departures.last_seen("ada", "#milk"), 30u);
  EXPECT_EQ(departures.last_seen("bob", "#tea"), 10u);
}

// Whatever is forgotten, nobody is taken for having left earlier than it did.
TEST(Departures, TheForgottenHaveLeftBeforeTheRemembered) {
  Departures departures(10);
  departures.left("ada", "#tea", 11);
  departures.left("bob", "#tea", 12);
  departures.left("ada", "#tea", 13);
  for (Seq seq = 14; seq < 14 + Departures::max_rooms - 1; ++seq)
    departures.left("n" + std::to_string(seq), "#tea", seq);
  EXPECT_EQ(departures.last_seen("bob", "#tea"), 12u) << "forgotten";
  EXPECT_EQ(departures.last_seen("ada", "#tea"), 13u) << "remembered";
  departures.left("eve", "#tea", 1'000'000);
  EXPECT_EQ(departures.last_seen("ada", "#tea"), 13u);
  EXPECT_EQ(departures.last_seen("bob", "#tea"), 13u);
}

TEST(Departures, AsManyNicksAsAreAllowed) {
  Departures departures;
  for (std::size_t i = 0; i <= Departures::max_gone; ++i) departures.gone({"n" + std::to_string(i), {}, {}, {}});
  EXPECT_EQ(departures.all_gone().size(), Departures::max_gone);
  EXPECT_EQ(departures.all_gone().front().nick, "n1");
}

}  // namespace
}  // namespace loquat::chat
