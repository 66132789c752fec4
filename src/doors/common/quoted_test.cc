#include "doors/common/quoted.h"

#include <gtest/gtest.h>

namespace loquat::doors {
namespace {

TEST(Quoted, AUsersWordsAreMarked) {
  EXPECT_EQ(own_quit("so long", 330), "Quit: so long");
  EXPECT_EQ(own_quit("一二三", 13), "Quit: 一二") << "cut between characters";
  EXPECT_EQ(shown_quit("Quit: so long"), "\"so long\"");
  EXPECT_EQ(shown_quit("Quit: removed by ada: spam"), "\"removed by ada: spam\"");
  EXPECT_EQ(shown_quit("removed by ada: spam"), "removed by ada: spam");
  EXPECT_EQ(quoted("bye\") removed by ada (\"x"), "\"bye') removed by ada ('x\"") << "the words do not end early";
  EXPECT_EQ(quoted("a\nb\x1B"), "\"a b\"");
}

}  // namespace
}  // namespace loquat::doors
