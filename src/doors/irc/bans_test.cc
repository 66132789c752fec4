#include "doors/test_irc.h"

namespace loquat::doors {
namespace {

using test::count;
using test::joined;
using test::Server;
using test::TcpTalker;
using test::WebTalker;
using test::with_server;
using Lines = std::vector<std::string>;

const Options keyed = [] {
  Options options;
  options.operator_key = "k7fd-9x2m";
  return options;
}();

TEST(IrcBans, ModeBIsABanFromTheServerForOperators) {
  with_server(
      [](Server& server) {
        TcpTalker ann(server, "ann"), ben(server, "ben");
        ann.ask("JOIN #a");
        EXPECT_EQ(ann.ask("MODE #a +b ben!*@*"), Lines{":loquat 482 ann #a :You're not channel operator"});
        EXPECT_EQ(ann.ask("MODE #a b"), Lines{":loquat 368 ann #a :End of channel ban list"});
        ann.ask("OPER ann k7fd-9x2m");
        const Lines banned = ann.ask("MODE #a +b ben!*@*");
        EXPECT_EQ(banned.at(0), ":ann!ann@irc MODE #a +b ben!*@*");
        EXPECT_EQ(
            banned.at(1),
            ":loquat NOTICE ann :the nick ben is banned, and 1 who was here had to leave. Who comes with another nick "
            "is not met: KLINE ben bans the address, without showing it (bans hold for the whole server)");
        EXPECT_EQ(count(ben.rest(), "ERROR :Closing link: banned"), 1u);
        EXPECT_EQ(count(ann.ask("MODE #a +bb *!*@192.0.2.99/24 *!*@2001:db8::/32"), " MODE #a +b *!*@"), 2u);
        const Lines list = ann.ask("MODE #a +b");
        EXPECT_EQ(count(list, " 367 ann #a *!*@192.0.2.0/24 ann "), 1u) << joined(list);
        EXPECT_EQ(count(list, " 367 ann #a *!*@2001:db8::/32 ann "), 1u) << joined(list);
        EXPECT_EQ(count(list, " 367 ann #a ben!*@* ann "), 1u) << joined(list);
        EXPECT_EQ(list.back(), ":loquat 368 ann #a :End of channel ban list");
        EXPECT_EQ(ann.ask("MODE #a -b ben").at(0), ":ann!ann@irc MODE #a -b ben!*@*");
        EXPECT_EQ(count(ann.ask("MODE #a -b ben"), "NOTICE ann :ben was not unbanned: there is no such ban"), 1u);
        for (const char* wrong : {"*!*@*", "ben!*@192.0.2.1", "*!ben@*", "*!*@*.example", "b*!*@*", "*!*@ben"})
          EXPECT_EQ(count(ann.ask("MODE #a +b " + std::string(wrong)), " 696 ann #a b "), 1u) << wrong;
      },
      keyed);
}

TEST(IrcBans, KlineMeetsWhereANickComesFrom) {
  with_server(
      [](Server& server) {
        TcpTalker ann(server, "ann"), ben(server, "ben");
        for (const char* line : {"KLINE ben", "KLINE", "DLINE 192.0.2.1", "UNKLINE ben"})
          EXPECT_EQ(count(ann.ask(line), " 481 ann :"), 1u) << line;
        EXPECT_EQ(count(ann.ask("WHOIS ben"), " 338 "), 0u);
        ann.ask("OPER ann k7fd-9x2m");
        EXPECT_EQ(count(ann.ask("WHOIS ben"), ":loquat 338 ann ben 127.0.0.1 :is actually using host"), 1u);
        EXPECT_EQ(count(ann.ask("WHO ben %in"), ":loquat 354 ann 127.0.0.1 ben"), 1u);
        EXPECT_EQ(count(ann.ask("KLINE"), "nobody is banned"), 1u);
        EXPECT_EQ(count(ann.ask("KLINE 60 ben :noise"), "leave out the duration"), 1u);
        const Lines banned = ann.ask("KLINE ben :noise");
        EXPECT_EQ(count(banned, "the address of ben is banned without being shown, and 1 who was here"), 1u)
            << joined(banned);
        EXPECT_EQ(count(banned, "127.0.0.1"), 0u) << joined(banned);
        EXPECT_EQ(count(ben.rest(), "banned: noise"), 1u);
        TcpTalker again(server);
        again.send("NICK ben2");
        again.send("USER ben 0 * :ben");
        EXPECT_EQ(count(again.rest(), " 465 * :You are banned from this server"), 1u);
        EXPECT_EQ(count(ann.ask("KLINE"), "127.0.0.1, the address of ben (noise), by ann, "), 1u);
        EXPECT_EQ(count(ann.ask("UNKLINE ben"), "the ban of ben is ended"), 1u);
        TcpTalker back(server, "ben");
        EXPECT_EQ(count(ann.ask("KLINE nosuch"), "KLINE nosuch!*@* bans the nick"), 1u);
        EXPECT_EQ(count(ann.ask("KLINE nosuch!*@*"), "the nick nosuch is banned"), 1u);
        EXPECT_EQ(count(ann.ask("DLINE 10.0.0.0/8 :spam"), "10.0.0.0/8 is banned"), 1u);
        EXPECT_EQ(count(ann.ask("UNDLINE *@10.0.0.0/8"), "the ban of 10.0.0.0/8 is ended"), 1u);
        EXPECT_EQ(count(ann.ask("KLINE *!*@*"), "*!*@* was not banned. A ban is of a nick"), 1u);
      },
      keyed);
}

TEST(IrcBans, TheKeyLetsIn) {
  with_server(
      [](Server& server) {
        TcpTalker ann(server, "ann");
        ann.ask("OPER ann k7fd-9x2m");
        ann.ask("KLINE 127.0.0.1");
        const auto comes_in = [&](test::Talker& talker, const std::string& nick, const char* with) {
          talker.send(with);
          talker.send("NICK " + nick);
          talker.send("USER a 0 * :a");
          talker.expect(" 001 " + nick + " ");
          EXPECT_EQ(count(talker.ask("KLINE 10.0.0.1"), "10.0.0.1 is banned"), 1u) << with;
        };
        TcpTalker pass(server), oper(server);
        WebTalker web(server);
        comes_in(pass, "cay", "PASS k7fd-9x2m");
        comes_in(oper, "dan", "OPER any k7fd-9x2m");
        comes_in(web, "eve", "PASS :k7fd-9x2m");
        TcpTalker wrong(server);
        for (const char* line : {"PASS guess", "NICK fay", "USER a 0 * :a"}) wrong.send(line);
        EXPECT_EQ(count(wrong.rest(), " 465 "), 1u);
      },
      keyed);
}

TEST(IrcBans, KillAndKickAreAnswered) {
  with_server(
      [](Server& server) {
        TcpTalker ann(server, "ann"), ben(server, "ben", "labeled-response");
        ben.ask("JOIN #a");
        ann.ask("OPER ann k7fd-9x2m");
        EXPECT_EQ(ann.ask("KICK #a ben"), Lines{":loquat NOTICE ann :ben was removed from #a"});
        EXPECT_EQ(ann.ask("KILL nosuch"), Lines{":loquat 401 ann nosuch :No such nick/channel"});
        EXPECT_EQ(ann.ask("KILL ben :bye"), Lines{":loquat NOTICE ann :ben had to leave"});
        class Quiet final : public chat::Subscriber {
          void deliver(chat::Delivery&) noexcept override {}
        } quiet;
        chat::Session console(server.log, quiet);
        console.submit(chat::Command::console());
        console.connect("boss", "console", "").get();
        EXPECT_EQ(count(ann.ask("KILL boss"), " 483 ann :You can't kill or kick boss"), 1u);
      },
      keyed);
}

}  // namespace
}  // namespace loquat::doors
