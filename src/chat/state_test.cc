#include "chat/state.h"

#include <gtest/gtest.h>

namespace loquat::chat {
namespace {

class StateTest : public testing::Test {
 protected:
  Reason apply(CommandKind kind, SessionId session, std::string room = {}, std::string target = {},
               std::string text = {}) {
    events_.clear();
    return state_.apply({.kind = kind, .session = session, .room = room, .target = target, .text = text}, events_);
  }
  Reason connect(SessionId session, std::string nick, std::string address = "192.0.2.1") {
    Command command = Command::connect(std::move(nick), "guest@test", std::move(address));
    command.session = session;
    events_.clear();
    return state_.apply(command, events_);
  }
  // Commits what apply() made, and returns the events that follow from that.
  std::vector<ChatEvent> commit() {
    std::vector<ChatEvent> more;
    for (const ChatEvent& event : events_) state_.committed(event, more);
    return more;
  }
  const ChatEvent& event() { return events_.at(0); }

  static Limits limits() {
    Limits l;
    l.sessions = 4;
    l.rooms = 3;
    l.rooms_per_session = 2;
    return l;
  }
  State state_{limits(), {"police"}, {{"198.51.100.9", "spam"}}, "k7fd-9x2m-abcd"};
  std::vector<ChatEvent> events_;
};

TEST_F(StateTest, WhoHasTheKeyIsAnOperatorFromItsFirstEventOn) {
  EXPECT_EQ(connect(1, "ada"), Reason::none);
  EXPECT_EQ(apply(CommandKind::oper, 1), Reason::none);
  EXPECT_EQ(event().kind, EventKind::oper);
  EXPECT_EQ(event().nick, "ada");
  EXPECT_EQ(apply(CommandKind::oper, 1), Reason::none);
  EXPECT_TRUE(events_.empty()) << "it is one already";
  EXPECT_EQ(apply(CommandKind::oper, 2), Reason::none);
  EXPECT_TRUE(events_.empty()) << "nobody has seen it yet";
  EXPECT_EQ(connect(2, "bob"), Reason::none);
  EXPECT_EQ(events_.at(1).kind, EventKind::oper);
  EXPECT_EQ(apply(CommandKind::away, 2, {}, {}, "lunch"), Reason::none);
  EXPECT_EQ(event().kind, EventKind::away);
}

TEST_F(StateTest, ADoorTellsWhoIsHere) {
  connect(1, "ada");
  Command command = Command::tell(1, "a sentence");
  command.session = 7;  // it has left already
  events_.clear();
  EXPECT_EQ(state_.apply(command, events_), Reason::none);
  EXPECT_EQ(event().kind, EventKind::tell);
  EXPECT_EQ(event().target_session, 1u);
  EXPECT_FALSE(event().is_kept());
  command.to = 2;
  EXPECT_EQ(state_.apply(command, events_), Reason::no_such_nick);
}

TEST_F(StateTest, ANickBelongsToOneWhateverItsCase) {
  EXPECT_EQ(connect(1, "Ada"), Reason::none);
  EXPECT_EQ(event().kind, EventKind::connect);
  EXPECT_EQ(event().nick, "Ada");
  EXPECT_EQ(connect(2, "aDA"), Reason::nick_in_use);
  EXPECT_EQ(connect(2,
                    "\xD0\x90"
                    "da"),
            Reason::bad_nick)
      << "a Cyrillic A among Latin letters";
  EXPECT_EQ(connect(2, "police"), Reason::nick_reserved) << "for operators";
  EXPECT_EQ(connect(2, "a b"), Reason::bad_nick);
  EXPECT_EQ(connect(2, "bob"), Reason::none);
  EXPECT_EQ(apply(CommandKind::rename, 2, {}, "ADA"), Reason::nick_in_use);
  EXPECT_EQ(apply(CommandKind::rename, 1, {}, "ADA"), Reason::none) << "one's own in another case";
  EXPECT_EQ(apply(CommandKind::rename, 1, {}, "ADA"), Reason::none);
  EXPECT_TRUE(events_.empty()) << "nothing has changed";
  EXPECT_EQ(apply(CommandKind::quit, 1), Reason::none);
  EXPECT_EQ(apply(CommandKind::rename, 2, {}, "ada"), Reason::none);
  EXPECT_EQ(event().nick, "bob");
  EXPECT_EQ(event().target, "ada");
}

TEST_F(StateTest, NamesOfServicesBelongToNobody) {
  for (const char* nick : {"NickServ", "N1ckServ_", "ChanServ", "server", "adrnin"})
    EXPECT_EQ(connect(1, nick), Reason::nick_reserved) << nick;
  EXPECT_EQ(connect(1, "ada"), Reason::none);
  apply(CommandKind::oper, 1);
  EXPECT_EQ(apply(CommandKind::rename, 1, {}, "NickServ"), Reason::nick_reserved) << "nor to an operator";
  EXPECT_EQ(apply(CommandKind::rename, 1, {}, "police"), Reason::none);
}

TEST_F(StateTest, GuestsGetNamesThatAreFree) {
  EXPECT_EQ(connect(1, "guest1"), Reason::none);
  EXPECT_EQ(connect(2, ""), Reason::none);
  EXPECT_EQ(event().nick, "guest2");
}

TEST_F(StateTest, ARoomKeepsItsFirstSpelling) {
  connect(1, "ada");
  connect(2, "bob");
  EXPECT_EQ(apply(CommandKind::join, 1, "#Tea"), Reason::none);
  EXPECT_EQ(apply(CommandKind::join, 2, "#tEA"), Reason::none);
  EXPECT_EQ(event().room, "#Tea");
  EXPECT_EQ(apply(CommandKind::join, 2, "#TEA"), Reason::already_member);
  EXPECT_EQ(apply(CommandKind::join, 1, "#kept"), Reason::none);
  EXPECT_EQ(apply(CommandKind::join, 1, "#third"), Reason::too_many_rooms);
  EXPECT_EQ(apply(CommandKind::part, 1, "#kept"), Reason::none);
  EXPECT_EQ(apply(CommandKind::part, 1, "#kept"), Reason::no_such_room) << "it went with its last member";
  EXPECT_EQ(apply(CommandKind::join, 1, "tea"), Reason::bad_room);
  EXPECT_EQ(apply(CommandKind::part, 1, "#none"), Reason::no_such_room);
}

TEST_F(StateTest, RoomsThatLookTheSameInOtherLettersAreRefused) {
  connect(1, "ada");
  EXPECT_EQ(apply(CommandKind::join, 1, "#cop"), Reason::none);
  EXPECT_EQ(apply(CommandKind::join, 1, "#\xD1\x81\xD0\xBE\xD1\x80"), Reason::room_look_alike) << "Cyrillic";
  EXPECT_EQ(apply(CommandKind::part, 1, "#cop"), Reason::none);
  EXPECT_EQ(apply(CommandKind::join, 1, "#\xD1\x81\xD0\xBE\xD1\x80"), Reason::none) << "the other is gone";
  EXPECT_EQ(apply(CommandKind::message, 1, "#\xD1\x81\xD0\xBE\xD1\x80", {}, "hi"), Reason::none);
  EXPECT_EQ(apply(CommandKind::part, 1, "#\xD1\x81\xD0\xBE\xD1\x80"), Reason::none);
  Command first = Command::join("#\xD1\x81\xD0\xBE\xD1\x80");
  first.session = 1;
  EXPECT_TRUE(state_.opens_room(first));
  EXPECT_EQ(apply(CommandKind::join, 1, "#cop"), Reason::none) << "a history does not keep the name";
  EXPECT_EQ(apply(CommandKind::join, 1, "#c0p"), Reason::room_look_alike) << "in the same letters, too";
}

TEST_F(StateTest, OnlyMembersSpeak) {
  connect(1, "ada");
  connect(2, "bob");
  apply(CommandKind::join, 1, "#tea");
  EXPECT_EQ(apply(CommandKind::message, 2, "#tea", {}, "hi"), Reason::not_member);
  EXPECT_EQ(apply(CommandKind::message, 1, "#none", {}, "hi"), Reason::no_such_room);
  EXPECT_EQ(apply(CommandKind::message, 1, "#tea", {}, ""), Reason::bad_text);
  EXPECT_EQ(apply(CommandKind::message, 1, "#tea", {}, "a\rb"), Reason::bad_text);
  EXPECT_EQ(apply(CommandKind::message, 1, "#tea", {}, std::string("a\0b", 3)), Reason::bad_text);
  EXPECT_EQ(apply(CommandKind::message, 1, "#tea", {}, "\xFF"), Reason::bad_text);
  EXPECT_EQ(apply(CommandKind::message, 1, "#tea", {}, std::string(491, 'x')), Reason::too_long);
  EXPECT_EQ(apply(CommandKind::message, 1, "#TEA", {}, std::string(490, 'x')), Reason::none);
  EXPECT_TRUE(event().is_kept());
  EXPECT_EQ(event().room, "#tea");
  EXPECT_EQ(apply(CommandKind::topic, 2, "#tea", {}, "x"), Reason::not_member);
  EXPECT_EQ(apply(CommandKind::topic, 1, "#tea", {}, std::string(381, 'x')), Reason::too_long);
  EXPECT_EQ(apply(CommandKind::topic, 1, "#tea", {}, ""), Reason::none);
  EXPECT_EQ(apply(CommandKind::message, 9, "#tea", {}, "hi"), Reason::no_session);
}

TEST_F(StateTest, APrivateMessageGoesToOneAndIsNotKept) {
  connect(1, "ada");
  connect(2, "bob");
  EXPECT_EQ(apply(CommandKind::message, 1, {}, "BOB", "hi"), Reason::none);
  EXPECT_TRUE(event().is_private());
  EXPECT_FALSE(event().is_kept());
  EXPECT_EQ(event().target, "bob");
  EXPECT_EQ(event().target_session, 2u);
  EXPECT_EQ(apply(CommandKind::message, 1, {}, "b0b", "hi"), Reason::no_such_nick) << "who looks like bob is not bob";
}

TEST_F(StateTest, OperatorsKickAndBan) {
  connect(1, "ada");
  connect(2, "bob", "203.0.113.5");
  apply(CommandKind::join, 1, "#tea");
  apply(CommandKind::join, 2, "#tea");
  EXPECT_EQ(apply(CommandKind::kick, 1, "#tea", "bob"), Reason::not_operator);
  EXPECT_EQ(apply(CommandKind::oper, 1), Reason::none);
  EXPECT_EQ(apply(CommandKind::kick, 1, "#tea", "bob", "enough"), Reason::none);
  EXPECT_EQ(event().target_session, 2u);
  EXPECT_EQ(apply(CommandKind::kick, 1, "#tea", "bob"), Reason::not_member);
  EXPECT_EQ(apply(CommandKind::ban, 1, {}, "203.0.113.5", "flooding"), Reason::none);
  EXPECT_EQ(connect(3, "eve", "203.0.113.5"), Reason::none) << "not before the ban is committed";
  apply(CommandKind::ban, 1, {}, "203.0.113.5", "flooding");
  const auto quits = commit();
  ASSERT_EQ(quits.size(), 2u);
  EXPECT_EQ(quits[0].nick, "bob");
  EXPECT_EQ(quits[0].text, "banned: flooding");
  EXPECT_EQ(quits[1].nick, "eve");
  EXPECT_EQ(connect(2, "bob", "203.0.113.5"), Reason::banned);
  EXPECT_EQ(connect(2, "bob", "198.51.100.9"), Reason::banned) << "from the archive";
  EXPECT_EQ(apply(CommandKind::unban, 1, {}, "203.0.113.6"), Reason::no_such_ban);
  EXPECT_EQ(apply(CommandKind::unban, 1, {}, "203.0.113.5"), Reason::none);
  EXPECT_TRUE(commit().empty());
  EXPECT_EQ(connect(2, "bob", "203.0.113.5"), Reason::none);
}

TEST_F(StateTest, ABanOfAPrefixMeetsItsAddresses) {
  connect(1, "ada");
  apply(CommandKind::oper, 1);
  connect(2, "bob", "203.0.113.5");
  connect(3, "eve", "2001:db8:7::1");
  for (const char* prefix : {"203.0.113.77/24", "2001:db8::/32"}) {
    EXPECT_EQ(apply(CommandKind::ban, 1, {}, prefix), Reason::none);
    EXPECT_EQ(commit().size(), 1u) << prefix;
  }
  EXPECT_EQ(connect(2, "bob", "::ffff:203.0.113.200"), Reason::banned) << "an IPv4 address, however it is written";
  EXPECT_EQ(connect(2, "bob", "2001:db8:ffff::9"), Reason::banned);
  EXPECT_EQ(connect(2, "bob", "203.0.112.5"), Reason::none);
  EXPECT_EQ(connect(3, "eve", "2001:db9::1"), Reason::none);
  EXPECT_EQ(apply(CommandKind::unban, 1, {}, "203.0.113.5"), Reason::no_such_ban);
  EXPECT_EQ(apply(CommandKind::unban, 1, {}, "::ffff:203.0.113.0/120"), Reason::none) << "the same prefix";
  EXPECT_EQ(event().target, "203.0.113.0/24");
  for (const char* wrong : {"203.0.113.0/33", "203.0.113", "2001:db8::/129", "203.0.113.0/x", "a b", "*!*@*", ""})
    EXPECT_EQ(apply(CommandKind::ban, 1, {}, wrong), Reason::not_bannable) << wrong;
}

TEST_F(StateTest, TheAddressOfANickIsBannedWithoutBeingNamed) {
  connect(1, "ada");
  apply(CommandKind::oper, 1);
  connect(2, "bob", "203.0.113.5");
  connect(3, "eve", "2001:db8::5");
  EXPECT_EQ(apply(CommandKind::ban_address, 1, {}, "BOB", "flooding"), Reason::none);
  EXPECT_EQ(event().target, "203.0.113.5");
  EXPECT_EQ(event().tag, "bob");
  EXPECT_EQ(commit().size(), 1u);
  EXPECT_EQ(connect(2, "bob2", "203.0.113.5"), Reason::banned);
  apply(CommandKind::rename, 3, {}, "mallory");
  EXPECT_EQ(apply(CommandKind::ban_address, 1, {}, "eve"), Reason::none) << "who has another name now";
  EXPECT_EQ(commit().size(), 1u);
  EXPECT_EQ(connect(3, "kim", "2001:db8::6"), Reason::banned) << "a host can have every address of its /64";
  EXPECT_EQ(apply(CommandKind::ban_address, 1, {}, "mallory"), Reason::none) << "who has gone";
  EXPECT_EQ(apply(CommandKind::ban_address, 1, {}, "nobody"), Reason::no_such_nick);
  EXPECT_EQ(connect(2, "zoe", "unix"), Reason::none);
  EXPECT_EQ(apply(CommandKind::ban_address, 1, {}, "zoe"), Reason::no_address);
  EXPECT_EQ(apply(CommandKind::unban, 1, {}, "bob"), Reason::none) << "by the nick, too";
  EXPECT_TRUE(commit().empty());
  EXPECT_EQ(connect(3, "bob", "203.0.113.5"), Reason::none);
}

TEST_F(StateTest, ABanOfAGuestMeetsTheAddressAndNotTheNextGuest) {
  connect(1, "ada");
  apply(CommandKind::oper, 1);
  connect(2, "", "203.0.113.5");
  EXPECT_EQ(apply(CommandKind::ban, 1, {}, "guest1"), Reason::none);
  EXPECT_EQ(event().target, "203.0.113.5");
  EXPECT_EQ(commit().size(), 1u);
  EXPECT_EQ(connect(2, "", "203.0.113.5"), Reason::banned);
  EXPECT_EQ(connect(2, "", "203.0.113.6"), Reason::none);
}

TEST_F(StateTest, ABanOfAGuestWhoHasGoneMeetsTheAddress) {
  connect(1, "ada");
  apply(CommandKind::oper, 1);
  EXPECT_EQ(apply(CommandKind::ban, 1, {}, "guest77"), Reason::no_such_nick) << "nobody gets that name again";
  connect(2, "", "192.0.2.7");
  const std::string guest = event().nick;
  apply(CommandKind::quit, 2);
  EXPECT_EQ(apply(CommandKind::ban, 1, {}, guest), Reason::none);
  EXPECT_EQ(event().target, "192.0.2.7");
}

TEST_F(StateTest, TheSecretIsInNoEvent) {
  connect(1, "ada");
  apply(CommandKind::join, 1, "#tea");
  const std::string key = "k7fd-9x2m-abcd";
  EXPECT_EQ(apply(CommandKind::message, 1, "#tea", {}, "(" + key + ")"), Reason::secret);
  EXPECT_EQ(apply(CommandKind::action, 1, "#tea", {}, key), Reason::secret);
  EXPECT_EQ(apply(CommandKind::topic, 1, "#tea", {}, "key: " + key + "."), Reason::secret);
  EXPECT_EQ(apply(CommandKind::away, 1, {}, {}, key), Reason::secret);
  EXPECT_EQ(apply(CommandKind::part, 1, "#tea", {}, key), Reason::secret);
  EXPECT_EQ(apply(CommandKind::rename, 1, {}, key), Reason::secret);
  EXPECT_EQ(apply(CommandKind::join, 1, "#" + key), Reason::secret);
  EXPECT_EQ(connect(2, key), Reason::secret);
  EXPECT_EQ(apply(CommandKind::quit, 1, {}, {}, "bye " + key), Reason::none) << "it leaves without a word";
  EXPECT_EQ(event().text, "");
}

TEST_F(StateTest, ABannedNickIsTakenByNobody) {
  connect(1, "ada");
  apply(CommandKind::oper, 1);
  apply(CommandKind::ban, 1, {}, "bob");
  commit();
  EXPECT_EQ(connect(2, "bob"), Reason::banned);
  EXPECT_EQ(connect(2, "ben"), Reason::none);
  EXPECT_EQ(apply(CommandKind::rename, 2, {}, "B0B"), Reason::nick_banned) << "nor by who looks like it";
}

TEST_F(StateTest, AnOperatorComesInDespiteABan) {
  connect(1, "ada", "203.0.113.5");
  apply(CommandKind::oper, 1);
  apply(CommandKind::ban, 1, {}, "203.0.113.5");
  EXPECT_TRUE(commit().empty()) << "nor is it removed";
  EXPECT_EQ(connect(2, "bob", "203.0.113.5"), Reason::banned);
  EXPECT_EQ(apply(CommandKind::oper, 2), Reason::none);
  EXPECT_EQ(connect(2, "bob", "203.0.113.5"), Reason::none);
}

TEST_F(StateTest, TheConsoleNeedsNoMemberAndCannotBeKicked) {
  EXPECT_EQ(apply(CommandKind::ban, 9, {}, "bob"), Reason::no_session);
  EXPECT_EQ(apply(CommandKind::console, 9), Reason::none);
  EXPECT_EQ(apply(CommandKind::ban, 9, {}, "bob", "noise"), Reason::none);
  EXPECT_EQ(event().nick, "operator");
  EXPECT_EQ(apply(CommandKind::message, 9, "#tea", {}, "hello"), Reason::no_session) << "it is not in the chat";
  apply(CommandKind::console, 1);
  connect(1, "police", "");
  apply(CommandKind::join, 1, "#tea");
  for (const char* room : {"", "#tea"}) EXPECT_EQ(apply(CommandKind::kick, 9, room, "police"), Reason::is_console);
  apply(CommandKind::quit, 9);
  EXPECT_EQ(apply(CommandKind::ban, 9, {}, "bob"), Reason::no_session);
}

TEST_F(StateTest, AKickWithoutARoomIsTheEnd) {
  connect(1, "ada");
  connect(2, "bob");
  apply(CommandKind::oper, 1);
  EXPECT_EQ(apply(CommandKind::kick, 1, {}, "bob", "bye"), Reason::none);
  EXPECT_EQ(event().kind, EventKind::kick);
  EXPECT_EQ(event().target_session, 2u);
  EXPECT_EQ(events_.at(1).kind, EventKind::quit);
  EXPECT_EQ(events_.at(1).session, 2u);
  EXPECT_EQ(events_.at(1).text, "removed by ada: bye");
  EXPECT_EQ(apply(CommandKind::join, 2, "#tea"), Reason::no_session);
}

TEST_F(StateTest, LimitsHold) {
  for (SessionId s = 1; s <= 4; ++s) EXPECT_EQ(connect(s, ""), Reason::none);
  EXPECT_EQ(connect(5, ""), Reason::too_many_sessions);
  EXPECT_EQ(apply(CommandKind::join, 1, "#a"), Reason::none);
  EXPECT_EQ(apply(CommandKind::join, 1, "#b"), Reason::none);
  EXPECT_EQ(apply(CommandKind::join, 2, "#c"), Reason::none);
  EXPECT_EQ(apply(CommandKind::join, 2, "#d"), Reason::too_many_rooms) << "altogether";
  EXPECT_EQ(apply(CommandKind::join, 2, "#a"), Reason::none) << "one that is there already";
  EXPECT_EQ(apply(CommandKind::quit, 1), Reason::none);
  EXPECT_EQ(connect(5, ""), Reason::none);
}

}  // namespace
}  // namespace loquat::chat
