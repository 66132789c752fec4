// The operator at the server itself: commands without a member, and `loquat admin`'s end of the socket.
#include "doors/operator/admin_door.h"
#include "doors/operator/server_commands.h"
#include "doors/test_house.h"

namespace loquat::doors {
namespace {

using Answer = ServerCommands::Answer;

std::string text_of(const Answer& answer) {
  std::string text = answer.ok ? "" : "failed: ";
  for (const std::string& line : answer.lines) text += line + "\n";
  return text;
}

TEST(ServerCommands, NeedNoMember) {
  simulated([] {
    House house;
    auto ann = terminal("ann"), ben = terminal("ben");
    ServerCommands commands(house.log);
    EXPECT_EQ(house.people(), (std::vector<std::string>{"ann", "ben"}));
    EXPECT_EQ(text_of(commands.run("/who")),
              "ann (127.0.0.1), guest@text #lobby\nben (127.0.0.1), guest@text #lobby\n");
    EXPECT_EQ(text_of(commands.run("who lobby")), text_of(commands.run("/who")));
    EXPECT_EQ(text_of(commands.run("who BEN")), "ben (127.0.0.1), guest@text #lobby\n");
    EXPECT_EQ(text_of(commands.run("who nobody")), "failed: there is no person and no room nobody\n");
    EXPECT_EQ(text_of(commands.run("kick ben too loud  ")), "ben had to leave\n");
    ben->expect("* Goodbye: removed by operator: too loud\n");
    EXPECT_EQ(text_of(commands.run("/kick ben")), "failed: ben was not kicked: nobody here has that nick\n");
    EXPECT_TRUE(commands.run("/ban ben --address").ok);
    EXPECT_TRUE(ann->rest().ends_with("* Goodbye: banned\n"));
    EXPECT_TRUE(text_of(commands.run("bans")).starts_with("127.0.0.1, the address of ben, by operator, "));
    EXPECT_EQ(text_of(commands.run("who")), "nobody is here\n");
    EXPECT_EQ(text_of(commands.run("unban ben")), "the ban of ben is ended\n");
    EXPECT_EQ(text_of(commands.run("/unban ben")), "failed: ben was not unbanned: there is no such ban\n");
    EXPECT_EQ(text_of(commands.run("delete x")), "failed: /delete N: N is a message's number\n");
    EXPECT_EQ(text_of(commands.run("delete 99999")),
              "failed: #99999 was not deleted: there is no message with that number\n");
    EXPECT_EQ(text_of(commands.run("\x1b[31mnonsense")),
              "failed: there is no /[31mnonsense; /help lists the commands\n");
    EXPECT_TRUE(commands.run("/help").ok);
  });
}

TEST(ServerCommands, DeleteAMessage) {
  simulated([] {
    House house;
    auto ann = terminal("ann");
    ann->send("a secret\n/who\n");
    ann->expect("In #lobby");
    const chat::Seq seq = house.archive.latest("#lobby", 1).at(0).seq;
    ServerCommands commands(house.log);
    EXPECT_EQ(text_of(commands.run("/delete #" + std::to_string(seq))), "#" + std::to_string(seq) + " is deleted\n");
    EXPECT_EQ(house.archive.find(seq), std::nullopt);
  });
}

TEST(AdminDoor, AnswersEachLine) {
  simulated([] {
    House house;
    auto [client, server] = socketpair();
    const auto serving = spawn([&] { admin_door(house.log, server); });
    client.sendall("ban b");
    client.sendall("ob noise\nunban eve\r\n");
    std::string got;
    while (!got.ends_with("failed\n")) got += client.recv(4096);
    EXPECT_TRUE(got.starts_with("* the nick bob is banned")) << got;
    EXPECT_TRUE(got.ends_with("\nok\n* eve was not unbanned: there is no such ban\nfailed\n")) << got;
    client.sendall(std::string(9000, 'x') + "\n");
    for (got.clear(); !got.ends_with("failed\n");) got += client.recv(4096);
    EXPECT_EQ(got, "* that line is too long, or has a control character in it\nfailed\n");
    client.close();
    serving.get();
    EXPECT_TRUE(house.people().empty());
  });
}

}  // namespace
}  // namespace loquat::doors
