// The operator key: who has it may make others leave, by IRC and by text, and read /metrics from elsewhere.
#include "doors/operator/operator_commands.h"
#include "doors/operator/operator_key.h"
#include "doors/test_house.h"
#include "doors/test_irc.h"

namespace loquat::doors {
namespace {

using test::TcpTalker;
using Lines = std::vector<std::string>;

const Options with_key = [] {
  Options options;
  options.operator_key = "k7fd-9x2m";
  return options;
}();

TEST(OperatorCommand, TakesTheAddressOfANickWhereverThatIsSaid) {
  for (const char* rest : {"ben --address too loud", "--address ben too loud", "ben too loud --address"}) {
    const auto asked = parse_operator_command("/ban", rest);
    ASSERT_TRUE(asked && asked->command) << rest;
    EXPECT_EQ(asked->command->kind, chat::CommandKind::ban_address) << rest;
    EXPECT_EQ(asked->command->target, "ben") << rest;
    EXPECT_EQ(asked->command->text, "too loud") << rest;
  }
  EXPECT_EQ(parse_operator_command("/ban", "ben x--address")->command->kind, chat::CommandKind::ban);
  EXPECT_EQ(parse_operator_command("/ban", "--address")->missing, "/ban whom?");
  EXPECT_EQ(parse_operator_command("/ban", "ben --address")->command->text, "");
  EXPECT_FALSE(parse_operator_command("/who", "ben"));
}

TEST(OperatorKey, OnlyTheKeyIsIt) {
  chat::MemoryArchive archive;
  testing::simulate(1, [&] {
    ListSink sink;
    chat::Log log(archive, {});
    const Context with{log, with_key, &sink}, without{log, {}, &sink};
    EXPECT_TRUE(is_operator_key(with, "k7fd-9x2m", "ann"));
    for (const char* wrong : {"", "k7fd-9x2", "k7fd-9x2mm", "k7fd-9x2n", "K7FD-9X2M"}) {
      EXPECT_FALSE(is_operator_key(with, wrong, "a\nb")) << wrong;
      EXPECT_FALSE(is_operator_key(without, wrong, "ann")) << wrong;
    }
    EXPECT_EQ(sink.count("wrong operator key from "), 10u);
    EXPECT_EQ(sink.count("\n"), 0u);
  });
}

TEST(Operator, KicksByIrc) {
  test::with_server(
      [](test::Server& server) {
        TcpTalker ann(server, "ann"), ben(server, "ben");
        for (TcpTalker* each : {&ann, &ben}) each->ask("JOIN #a");
        ann.sync();
        EXPECT_EQ(ann.ask("KICK #a ben"), Lines{":loquat 482 ann #a :You're not channel operator"});
        EXPECT_EQ(test::count(ann.ask("KILL ben :why"), " 481 ann :"), 1u);
        EXPECT_EQ(ann.ask("OPER ann guess"), Lines{":loquat 464 ann :Password incorrect"});
        EXPECT_EQ(test::count(ann.ask("KICK #a ben"), " 482 "), 1u);
        EXPECT_EQ(ann.ask("OPER ann k7fd-9x2m"), (Lines{":ann MODE ann :+o", ":loquat MODE #a +o ann",
                                                        ":loquat 381 ann :You are now an IRC operator"}));
        EXPECT_EQ(ann.ask("KICK #a nobody"), Lines{":loquat 401 ann nobody :No such nick/channel"});
        EXPECT_EQ(ann.ask("KICK #a ben :too loud"), Lines{":ann!ann@irc KICK #a ben :too loud"});
        EXPECT_EQ(ben.sync(), (Lines{":loquat MODE #a +o ann", ":ann!ann@irc KICK #a ben :too loud"}));
        EXPECT_EQ(ann.ask("KICK #a ben"), Lines{":loquat 441 ann ben #a :They aren't on that channel"});
        ann.ask("KILL ben :enough");
        EXPECT_EQ(test::count(ben.rest(), "removed by ann: enough"), 1u);
      },
      with_key);
}

TEST(Operator, IsToldWhatEachCommandDid) {
  simulated([] {
    House house(with_key);
    auto ann = terminal("ann"), ben = terminal("ben"), cay = terminal("cay");
    ann->send("/kick ben\n/bans\n");
    ann->expect("* ben was not kicked: only an operator may do that\n");
    ann->expect("* The bans are not shown: only an operator may do that\n");
    ann->send("/oper k7fd-9x2\n");
    ann->expect("* That is not the operator key.\n");
    ann->send("/oper k7fd-9x2m\n/kick ben too loud\n");
    ann->expect("* ben has gone (removed by ann: too loud)\n* ben had to leave\n");
    ben->expect("* Goodbye: removed by ann: too loud\n");
    ann->send("/ban cay\n");
    cay->expect("* Goodbye: banned");
    ann->expect(
        "* the nick cay is banned, and 1 who was here had to leave. Who comes with another nick is not met: "
        "/ban cay --address bans the address, without showing it\n");
    ann->send("/ban nosuch noise\n");
    ann->expect("* the nick nosuch is banned; it applies to nobody here.");
    ann->send("/bans\n");
    ann->expect("* the nick cay, by ann, ");
    ann->expect("* the nick nosuch (noise), by ann, ");
    ann->send("/unban cay\n/unban cay\n/unban nosuch\n/bans\n");
    ann->expect("* the ban of cay is ended\n* cay was not unbanned: there is no such ban\n");
    ann->expect("* the ban of nosuch is ended\n* nobody is banned\n");
    ann->send("/kick\n/ban --address\n/kick nosuch\n/ban 10.0.0.0/33\n/delete 1\n");
    ann->expect("* /kick whom?\n* /ban whom?\n* nosuch was not kicked: nobody here has that nick\n");
    ann->expect("* 10.0.0.0/33 was not banned: that is neither a nick nor an address\n* There is no /delete.");
  });
}

TEST(Operator, BansAddressesByText) {
  simulated([] {
    House house(with_key);
    auto ann = terminal("ann");
    Somebody ben("127.0.0.2"), eve("127.0.0.3");
    ben.send("/nick ben\n");
    ben.expect("called ben now\n");
    eve.send("hello\n");
    eve.expect("You are guest");
    ann->send("/who\n");
    EXPECT_EQ(ann->expect("In #lobby: ").find("127.0.0."), std::string::npos);
    EXPECT_EQ(ann->expect("\n").find("127.0.0."), std::string::npos) << "for operators only";
    ann->send("/oper k7fd-9x2m\n/who\n/who ben\n");
    ann->expect("ben (127.0.0.2), guest");
    ann->expect("* ben (127.0.0.2)\n");
    ann->send("/ban ben flooding --address\n");
    ben.expect("* Goodbye: banned: flooding\n");
    ann->expect(
        "* the address of ben is banned without being shown, and 1 who was here had to leave. To unban ben ends it");
    Somebody again("127.0.0.2");
    again.send("/nick ben2\n");
    again.expect("* You cannot enter: you are banned from this server");
    ann->send("/ban 127.0.0.3/30\n");
    eve.expect("* Goodbye: banned");
    ann->expect("* 127.0.0.0/30 is banned, and 1 who was here had to leave\n");
    ann->send("/unban 127.0.0.3\n/unban 127.0.0.2\n");
    ann->expect("* 127.0.0.3 was not unbanned: there is no such ban; it is met by that of 127.0.0.0/30\n");
    ann->expect("* the ban of 127.0.0.2 is ended, but it is still met by that of 127.0.0.0/30\n");
  });
}

TEST(Operator, TellsWhenAGuestIsBannedByAddress) {
  simulated([] {
    House house(with_key);
    auto ann = terminal("ann");
    Somebody eve("127.0.0.3");
    eve.send("hello\n");
    eve.expect("You are guest2.");
    ann->send("/oper k7fd-9x2m\n/ban guest2\n");
    ann->expect(
        "* guest2 is a name that the server gives, so the address is banned without being shown, and 1 who was");
    eve.expect("* Goodbye: banned");
  });
}

TEST(Operator, ComesInByTextDespiteABan) {
  simulated([] {
    House house(with_key);
    auto ann = terminal("ann");
    ann->send("/oper k7fd-9x2m\n/ban 127.0.0.1\n/quit\n");
    ann->rest();
    Somebody ben, wrong, cay, piece;
    ben.send("hello\n/oper k7fd-9x2m\n");
    EXPECT_EQ(
        ben.rest(),
        "* You cannot enter: you are banned from this server. An operator comes in by /oper KEY as the first line.\n");
    wrong.send("/oper guess\n");
    EXPECT_EQ(wrong.rest().find("Welcome"), std::string::npos);
    EXPECT_EQ(house.sink.count("wrong operator key from 127.0.0.1"), 1u);
    piece.send("/oper k7fd-9x2m");
    piece.expect("You are an operator now");
    cay.send("\xFF\xFB\x1F/oper k7fd-9x2m\r\n/unban 127.0.0.1\r\n");
    cay.expect("You are an operator now");
    cay.expect("* the ban of 127.0.0.1 is ended\n");
    Somebody dan;
    dan.send("hello\n");
    dan.expect("Welcome");
    for (const std::string& line : house.said()) EXPECT_EQ(line.find("k7fd"), std::string::npos) << line;
  });
}

TEST(Operator, AloneIsToldWhatTheMachineSays) {
  simulated([] {
    House house(with_key);
    auto ann = terminal("ann"), ben = terminal("ben");
    ann->send("/oper k7fd-9x2m\nhello\n");
    ben->expect("ann: hello\n");
    house.archive.fail_reads_with("cannot use /home/ann/chat.db: disk I/O error");
    Somebody irc;
    irc.send(
        "CAP REQ :draft/chathistory\r\nNICK eve\r\nUSER u 0 * :x\r\nCAP END\r\nJOIN #lobby\r\n"
        "CHATHISTORY LATEST #lobby * 10\r\n");
    irc.expect(
        "FAIL CHATHISTORY MESSAGE_ERROR LATEST #lobby :Messages could not be retrieved: the history cannot be read at "
        "the "
        "moment\r\n");
    Somebody old;
    old.send("CAP REQ :server-time batch\r\nNICK cay\r\nUSER u 0 * :x\r\nCAP END\r\nJOIN #lobby\r\n");
    old.expect("NOTICE cay :#lobby: the history cannot be read at the moment\r\n");
    ben->send("/history\n");
    ben->expect("* the history cannot be read at the moment\n");
    EXPECT_EQ(house.sink.count("the history cannot be read: cannot use /home/ann/chat.db"), 3u);
    house.archive.fail_with("cannot use /home/ann/chat.db: disk full");
    ben->send("lost\n");
    ben->expect("* Not said: it could not be saved, and nobody has seen it: lost\n");
    ben->send("again\n");
    ben->expect("* Not said: nothing can be saved at the moment, so rooms are read-only: again\n");
    ann->send("mine\n");
    ann->expect(
        "* Not said: nothing can be saved at the moment, so rooms are read-only (cannot use /home/ann/chat.db: disk "
        "full): mine\n");
  });
}

}  // namespace
}  // namespace loquat::doors
