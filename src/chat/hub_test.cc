#include "chat/hub.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "codec/text/names.h"

namespace loquat::chat {
namespace {

int encodings = 0;
std::string plain(const ChatEvent& event, unsigned variant) {
  ++encodings;
  return std::to_string(variant) + ":" + event.nick + ":" + event.text;
}

struct Listener final : Subscriber {
  void deliver(Delivery& delivery) noexcept override {
    got.push_back(delivery.encoded(plain, variant));
    kinds.push_back(delivery.event().kind);
    if (hub != nullptr && delivery.event().kind == EventKind::join)
      members = hub->room(delivery.event().room)->members.size();
  }
  unsigned variant = 0;
  const Hub* hub = nullptr;
  std::size_t members = 0;
  std::vector<Buffer> got;
  std::vector<EventKind> kinds;
};

using Kinds = std::vector<EventKind>;

class HubTest : public testing::Test {
 protected:
  HubTest() {
    for (SessionId s = 1; s <= 3; ++s) {
      hub_.add(s, listeners_[s]);
      apply(EventKind::connect, s);
    }
    apply(EventKind::connect, 4);  // on another worker
    for (auto& [session, listener] : listeners_) listener = {};
    encodings = 0;
  }
  void apply(EventKind kind, SessionId session, std::string room = {}, std::string text = {}, std::string target = {},
             SessionId target_session = 0) {
    ChatEvent e;
    e.seq = ++seq_;
    e.kind = kind;
    e.session = session;
    e.nick = hub_.person(session) == nullptr ? "user" + std::to_string(session) : hub_.person(session)->nick;
    e.room = std::move(room);
    e.room_key = codec::fold_name(e.room);
    e.nick_key = codec::fold_name(kind == EventKind::nick ? target : e.nick);
    e.text = std::move(text);
    e.target = std::move(target);
    e.target_session = target_session;
    hub_.apply(e, TimePoint());
  }
  std::size_t count(SessionId session) { return listeners_[session].got.size(); }

  Hub hub_;
  std::map<SessionId, Listener> listeners_;
  Seq seq_ = 0;
};

TEST_F(HubTest, AMessageIsEncodedOnceForEachVariant) {
  listeners_[3].variant = 7;
  for (SessionId s = 1; s <= 4; ++s) apply(EventKind::join, s, "#tea");
  for (auto& [session, listener] : listeners_) listener.got.clear();
  encodings = 0;
  apply(EventKind::message, 4, "#tea", "hi");
  EXPECT_EQ(encodings, 2);
  EXPECT_EQ(listeners_[1].got.at(0), listeners_[2].got.at(0)) << "one buffer for both";
  EXPECT_EQ(*listeners_[3].got.at(0), "7:user4:hi");
}

TEST_F(HubTest, ANewMemberSeesTheRoomAsItIsAfterItsJoin) {
  apply(EventKind::join, 4, "#tea");
  listeners_[1].hub = &hub_;
  apply(EventKind::join, 1, "#tea");
  EXPECT_EQ(listeners_[1].members, 2u);
  EXPECT_EQ(hub_.room("#TEA")->members.at(0)->nick, "user4");
  EXPECT_TRUE(hub_.is_member(1, "#Tea"));
  EXPECT_FALSE(hub_.is_member(2, "#Tea"));
}

TEST_F(HubTest, EveryHubKnowsTheBansAndOnlyTheOperatorIsTold) {
  apply(EventKind::ban, 1, {}, {}, "192.0.2.0/24");
  EXPECT_EQ(listeners_[1].kinds.back(), EventKind::ban);
  EXPECT_EQ(std::count(listeners_[2].kinds.begin(), listeners_[2].kinds.end(), EventKind::ban), 0);
  ASSERT_EQ(hub_.bans().all().size(), 1u);
  EXPECT_EQ(hub_.bans().all().at("192.0.2.0/24").setter, "user1");
  EXPECT_NE(hub_.bans().covering(*codec::AddressPrefix::parse("192.0.2.9")), nullptr);
  apply(EventKind::unban, 1, {}, {}, "192.0.2.0/24");
  EXPECT_TRUE(hub_.bans().all().empty());
}

TEST_F(HubTest, NickAndQuitReachEachFriendOnce) {
  for (const char* room : {"#a", "#b"}) {
    apply(EventKind::join, 1, room);
    apply(EventKind::join, 2, room);
  }
  for (auto& [session, listener] : listeners_) listener = {};
  apply(EventKind::nick, 1, {}, {}, "ada");
  apply(EventKind::quit, 1);
  EXPECT_EQ(listeners_[1].kinds, (Kinds{EventKind::nick, EventKind::quit}));
  EXPECT_EQ(listeners_[2].kinds, (Kinds{EventKind::nick, EventKind::quit}));
  EXPECT_EQ(count(3), 0u);
  EXPECT_EQ(hub_.person("ada"), nullptr);
  EXPECT_EQ(hub_.room("#a")->members.size(), 1u);
}

TEST_F(HubTest, AwayAndOperatorsAreKnownToEachFriend) {
  for (const char* room : {"#a", "#b"}) {
    apply(EventKind::join, 1, room);
    apply(EventKind::join, 2, room);
  }
  for (auto& [session, listener] : listeners_) listener = {};
  apply(EventKind::away, 1, {}, "lunch");
  apply(EventKind::oper, 1);
  EXPECT_EQ(listeners_[2].kinds, (Kinds{EventKind::away, EventKind::oper}));
  EXPECT_EQ(count(3), 0u);
  EXPECT_EQ(hub_.person(1)->away, "lunch");
  EXPECT_TRUE(hub_.person(1)->is_operator);
  EXPECT_EQ(hub_.operators(), 1u);
  apply(EventKind::away, 1);
  EXPECT_EQ(hub_.person(1)->away, "");
  apply(EventKind::quit, 1);
  EXPECT_EQ(hub_.operators(), 0u);
}

TEST_F(HubTest, DeparturesAreRemembered) {
  apply(EventKind::join, 1, "#tea");
  apply(EventKind::join, 2, "#tea");
  apply(EventKind::part, 1, "#tea");
  const Seq parted = seq_;
  apply(EventKind::nick, 2, {}, {}, "ada");
  const Seq renamed = seq_;
  apply(EventKind::quit, 2);
  EXPECT_EQ(hub_.departures().last_seen("user1", "#tea"), parted);
  EXPECT_EQ(hub_.departures().last_seen("user2", "#tea"), renamed);
  EXPECT_EQ(hub_.departures().last_seen("ada", "#tea"), seq_);
  EXPECT_EQ(hub_.departures().all_gone().front().nick, "user2");
  EXPECT_EQ(hub_.departures().all_gone().back().nick, "ada");
}

TEST_F(HubTest, PartAndKickAreSeenByTheOneWhoGoes) {
  apply(EventKind::join, 1, "#tea");
  apply(EventKind::join, 2, "#tea");
  for (auto& [session, listener] : listeners_) listener = {};
  apply(EventKind::kick, 1, "#tea", {}, "user2", 2);
  apply(EventKind::message, 1, "#tea", "alone");
  apply(EventKind::part, 1, "#tea");
  EXPECT_EQ(listeners_[2].kinds, (Kinds{EventKind::kick}));
  EXPECT_EQ(listeners_[1].kinds, (Kinds{EventKind::kick, EventKind::message, EventKind::part}));
  EXPECT_EQ(hub_.room("#tea"), nullptr) << "an empty room is forgotten";
}

TEST_F(HubTest, PrivateMessagesReachTheirTwoEndsOnly) {
  apply(EventKind::message, 1, {}, "psst", "user2", 2);
  apply(EventKind::message, 3, {}, "to myself", "user3", 3);
  EXPECT_EQ(count(1), 1u);
  EXPECT_EQ(count(2), 1u);
  EXPECT_EQ(count(3), 1u);
}

TEST_F(HubTest, AJoinThatOpensARoomBringsItsTopic) {
  EXPECT_EQ(hub_.room("#old"), nullptr);
  ChatEvent join;
  join.kind = EventKind::join;
  join.session = 1;
  join.room = join.room_key = "#old";
  join.topic = std::make_shared<Topic>(Topic{"an old topic", "ada", {}});
  hub_.apply(join, TimePoint());
  EXPECT_EQ(hub_.room("#OLD")->topic.text, "an old topic");
  apply(EventKind::topic, 1, "#old", "a new one");
  EXPECT_EQ(hub_.room("#old")->topic.text, "a new one");
  apply(EventKind::part, 1, "#old");
  EXPECT_EQ(hub_.room("#old"), nullptr) << "nobody is in it, so it costs nothing";
}

TEST_F(HubTest, ARemovedSubscriberHearsNothing) {
  apply(EventKind::join, 1, "#tea");
  apply(EventKind::join, 2, "#tea");
  const std::size_t before = count(1);
  hub_.remove(1);
  apply(EventKind::message, 2, "#tea", "hi");
  apply(EventKind::quit, 1);
  EXPECT_EQ(count(1), before);
}

}  // namespace
}  // namespace loquat::chat
