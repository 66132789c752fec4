#include <gtest/gtest.h>

#include "codec/text/names.h"

namespace loquat::codec {
namespace {

TEST(ServiceNick, namesOfServicesAndOfTheServer) {
  for (const char* nick :
       {"NickServ", "ChanServ", "memoserv", "OPERSERV", "BotServ",  "HostServ",      "SaslServ", "AuthServ",
        "Global",   "Services", "ns",       "operator", "admin",    "Administrator", "root",     "server",
        "System",   "loquat",   "help",     "系统",     "系统消息", "管理员",        "服务器"}) {
    EXPECT_TRUE(is_service_nick(nick)) << nick;
  }
}

TEST(ServiceNick, whatPeopleTakeForThem) {
  for (const char* nick : {"NickServ_", "_NickServ_", "[NickServ]", "Nick_Serv", "NickServ2", "N1ckServ", "NlckServ",
                           "Nick5erv",  "NíckSerV",   "NickSérv|",  "adrnin",    "Adm1n",     "admin42",  "r00t",
                           "s3rver",    "5erver",     "Glo8al",     "1oquat",    "l0quat",    "0perator", "operator-",
                           "ѕуѕтем",    "sуstem",     "服务器1",    "__root__"}) {
    EXPECT_TRUE(is_service_nick(nick)) << nick;
  }
}

TEST(ServiceNick, peopleKeepTheirNames) {
  for (const char* nick : {"",       "_",      "ann",  "guest1", "guest12",    "Nick",      "Nicks", "server_room",
                           "rooter", "helper", "adam", "q",      "Served",     "globalist", "小明",  "Владимир",
                           "police", "oper",   "op",   "观察者", "系统工程师", "7"}) {
    EXPECT_FALSE(is_service_nick(nick)) << nick;
  }
}

}  // namespace
}  // namespace loquat::codec
