#include "wire/show/begin_text.h"

#include <gtest/gtest.h>

namespace loquat::wire {
namespace {

TEST(BeginText, TheLabsSystemIsToldInTheReadersLanguage) {
  const std::string kept = "Linux 6.18 in two private namespaces, uid 1000";
  EXPECT_EQ(system_text(kept, Language::en), kept);
  EXPECT_EQ(system_text(kept, Language::zh), "Linux 6.18，两个私有命名空间，uid 1000");
  EXPECT_EQ(system_text("dumpcap on eth0", Language::zh), "dumpcap on eth0");
}

}  // namespace
}  // namespace loquat::wire
