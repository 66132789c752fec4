#include "codec/irc/login.h"

#include <gtest/gtest.h>

namespace loquat::codec {
namespace {

TEST(Login, whatAClientLogsInWith) {
  for (const char* line : {"PASS secret",
                           "PASS :two words",
                           "PASS two words more",
                           "pass secret",
                           "Pass :two words",
                           "  PASS secret",
                           "@a=b PASS secret",
                           "@a=b :x pass secret",
                           ":x PASS secret",
                           "@ann PASS secret",
                           "OPER me secret",
                           "oper me secret",
                           "oper secret",
                           "AUTHENTICATE PLAIN",
                           "authenticate c2VjcmV0",
                           "IDENTIFY secret",
                           "identify ann secret",
                           "WEBIRC secret gateway host.example 192.0.2.7",
                           "webirc secret gateway host.example 192.0.2.7",
                           "REGISTER secret ann@example.org",
                           "AUTH PLAIN c2VjcmV0",
                           "LOGIN ann secret",
                           "AUTHINFO PASS secret",
                           "password secret"}) {
    EXPECT_TRUE(is_login(line)) << line;
  }
}

TEST(Login, whatPeopleSay) {
  for (const char* line : {"", "PASS", "pass", "pass me the salt", "passing by", "Identify the cause of it", "oper",
                           "login please", "auth is broken", "register now", "@ann pass it", "hello PASS secret",
                           "the pass word", ": pass", "operators do it"}) {
    EXPECT_FALSE(is_login(line)) << line;
  }
}

TEST(Login, commandsThatWereNotCarriedOut) {
  for (const char* line : {"/oper KEY",
                           " /oper KEY",
                           "//oper KEY",
                           "/ oper KEY",
                           "\uFF0Foper KEY",
                           "\u3001oper KEY",
                           "\\oper KEY",
                           "/OPER me KEY",
                           "/pass x",
                           "/identify x",
                           "/ns identify x",
                           " /msg NickServ identify x",
                           "/msg nickserv@services.example id x",
                           "/msg Q@CServe.example AUTH ann x",
                           "/quote PASS x",
                           "/raw OPER me x",
                           "/quote privmsg nickserv :identify x",
                           "msg NickServ identify x",
                           "PRIVMSG NickServ :IDENTIFY x",
                           "nickserv identify x",
                           "NickServ :identify x",
                           "ns identify x",
                           "chanserv register #tea x",
                           "/query ChanServ IDENTIFY #tea x"}) {
    EXPECT_TRUE(is_stray_command(line)) << line;
  }
}

TEST(Login, otherCommandsAndTalk) {
  for (const char* line : {"", "/", "/oper", "/me waves", "/etc/passwd is a file", "/msg ann hi", "msg me later",
                           "oper KEY", "nickserv is down", "tell nickserv hi", "/query", "m nickserv", "pass x",
                           "// is a comment", "\u3001", "/join #a key"}) {
    EXPECT_FALSE(is_stray_command(line)) << line;
  }
  for (const char* line : {"/x", "/", " /oper KEY", "\uFF0Foper KEY", "\u3001oper KEY", "/ oper"}) {
    EXPECT_TRUE(is_typed_command(line)) << line;
  }
  for (const char* line : {"", "//x", " //x", "\u3001", "\u3001\u3001", "\\o/", "oper KEY", "\uFF0F1"}) {
    EXPECT_FALSE(is_typed_command(line)) << line;
  }
  EXPECT_EQ(without_slashes(" // oper x "), "oper x ");
  EXPECT_EQ(without_slashes("\u3001a/b"), "a/b");
  EXPECT_EQ(without_slashes("/"), "");
}

}  // namespace
}  // namespace loquat::codec
