// The operator key: who has it may make others leave, by IRC and by text, and read /metrics from elsewhere.
#include "doors/common/operator_key.h"
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
        EXPECT_EQ(ann.ask("OPER ann k7fd-9x2m"), (Lines{":loquat 381 ann :You are now an IRC operator",
                                                        ":ann MODE ann :+o", ":loquat MODE #a +o ann"}));
        EXPECT_EQ(ann.ask("KICK #a nobody"), Lines{":loquat 401 ann nobody :No such nick/channel"});
        EXPECT_EQ(ann.ask("KICK #a ben :too loud"), Lines{":ann!ann@irc KICK #a ben :too loud"});
        EXPECT_EQ(ben.sync(), (Lines{":loquat MODE #a +o ann", ":ann!ann@irc KICK #a ben :too loud"}));
        EXPECT_EQ(ann.ask("KICK #a ben"), Lines{":loquat 441 ann ben #a :They aren't on that channel"});
        ann.ask("KILL ben :enough");
        EXPECT_EQ(test::count(ben.rest(), "removed by ann: enough"), 1u);
      },
      with_key);
}

TEST(Operator, KicksAndBansByText) {
  simulated([] {
    House house(with_key);
    auto ann = terminal("ann"), ben = terminal("ben"), cay = terminal("cay");
    ann->send("/kick ben\n");
    ann->expect("* That did not work: only an operator may do that\n");
    ann->send("/oper k7fd-9x2\n");
    ann->expect("* That is not the operator key.\n");
    ann->send("/oper k7fd-9x2m\n/kick ben too loud\n");
    ann->expect("* ben has gone (removed by ann: too loud)\n");
    ben->expect("* Goodbye: removed by ann: too loud\n");
    ann->send("/ban cay\n");
    cay->expect("* Goodbye: banned");
    ann->send("/unban cay\n/unban cay\n");
    ann->expect("* That did not work: ");
    ann->send("/kick\n/delete 1\n");
    ann->expect("* /kick whom?\n* There is no /delete.");
  });
}

}  // namespace
}  // namespace loquat::doors
