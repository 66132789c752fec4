#include "chat/audit.h"

#include <gtest/gtest.h>

namespace loquat::chat {
namespace {

ChatEvent event(EventKind kind, std::string target, std::string text) {
  ChatEvent made;
  made.kind = kind;
  made.nick = "ann", made.origin = "ann@192.0.2.1";
  made.target = std::move(target), made.text = std::move(text);
  return made;
}

TEST(Audit, TellsWhoDidWhatToWhomAndWhy) {
  EXPECT_EQ(audit_line(event(EventKind::oper, "", "")), "ann (ann@192.0.2.1) is an operator from now on");
  EXPECT_EQ(audit_line(event(EventKind::ban, "bob", "flooding")), "ann (ann@192.0.2.1) banned bob: flooding");
  EXPECT_EQ(audit_line(event(EventKind::unban, "bob", "")), "ann (ann@192.0.2.1) ended the ban of bob");
  EXPECT_EQ(audit_line(event(EventKind::kick, "bob", "")), "ann (ann@192.0.2.1) removed bob from the server");

  ChatEvent address = event(EventKind::ban, "198.51.100.7", "");
  address.tag = "bob";
  EXPECT_EQ(audit_line(address), "ann (ann@192.0.2.1) banned 198.51.100.7 (the address of bob)");
  ChatEvent kick = event(EventKind::kick, "bob", "a\x1b[2Jb");
  kick.room = "#tea";
  EXPECT_EQ(audit_line(kick).find('\x1b'), std::string::npos);
  EXPECT_TRUE(audit_line(kick).starts_with("ann (ann@192.0.2.1) removed bob from #tea: a"));
  ChatEvent removed = event(EventKind::remove, "", "");
  removed.room = "#tea", removed.ref = 17;
  EXPECT_EQ(audit_line(removed), "ann (ann@192.0.2.1) deleted message 17 in #tea");
}

TEST(Audit, TellsNothingOfTalk) {
  for (const EventKind kind : {EventKind::message, EventKind::topic, EventKind::join, EventKind::part, EventKind::quit})
    EXPECT_EQ(audit_line(event(kind, "bob", "a secret")), "");
}

}  // namespace
}  // namespace loquat::chat
