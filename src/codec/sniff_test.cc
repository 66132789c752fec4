#include "codec/sniff.h"

#include <gtest/gtest.h>

#include <string>

namespace loquat::codec {
namespace {

using namespace std::literals;

using std::string;
using std::string_view;

Door door(string_view bytes, bool end_of_piece = false) { return sniff(bytes, end_of_piece).door; }

TEST(Sniff, tls) {
  EXPECT_EQ(door("\x16"), Door::tls);
  EXPECT_EQ(door("\x16\x03\x01\x02"), Door::tls);
}

TEST(Sniff, http) {
  for (string_view line : {"GET / HTTP/1.1", "HEAD /x HTTP/1.0", "OPTIONS * HTTP/1.1", "FOO /bar HTTP/1.1",
                           "get / HTTP/1.1", "GET http://h/ HTTP/1.1", "POST /%00 HTTP/1.9", "CONNECT a:1 HTTP/1.1"}) {
    EXPECT_EQ(door(string(line) + "\r\n"), Door::http) << line;
    EXPECT_EQ(door(string(line) + "\n"), Door::http) << line;
    EXPECT_EQ(door("\r\n" + string(line) + "\r\nHost: x\r\n"), Door::http) << line;
  }
}

TEST(Sniff, aRequestWithoutALineEndIsNeverChat) {
  for (string_view part : {"G", "GE", "GET", "GET ", "GET /", "GET / HTTP/1.1", "GET / HTTP/1.1\r", "POST / HT", "P",
                           "PRI *", "FOO /bar HTTP/1.1", " GET /", "get /x"}) {
    EXPECT_EQ(door(part), Door::undecided) << part;
    EXPECT_EQ(door(part, true), Door::undecided) << part;
  }
}

TEST(Sniff, whatOnlyResemblesHttpIsAnsweredWithAnError) {
  struct {
    string_view line;
    int status;
  } cases[] = {{"GET /", 400},
               {"GET", 400},
               {"GET / ", 400},
               {"GET /a b HTTP/1.1", 400},
               {"GET\t/ HTTP/1.1", 400},
               {"POST", 400},
               {"PRI * HTTP/2.0", 505},
               {"GET / HTTP/2.0", 505},
               {"GET / HTTP/0.9", 505},
               {"GET / HTTP/1.10", 505},
               {"GET / HTTP/", 505},
               {"OPTIONS / RTSP/1.0", 400},
               {"OPTIONS sip:nm SIP/2.0", 400},
               {"DESCRIBE rtsp://h/x RTSP/1.0", 400},
               {"REGISTER sip:h SIP/2.0", 400},
               {"PROPFIND /", 400},
               {"get /index.html", 400},
               {"get / http/1.1", 400},
               {"GET /\x01 HTTP/1.1", 400},
               {" GET / HTTP/1.1", 400},
               {"GET everyone a drink", 400}};
  for (const auto& c : cases) {
    const Sniffed s = sniff(string(c.line) + "\r\n", false);
    EXPECT_EQ(s.door, Door::refuse) << c.line;
    EXPECT_EQ(s.status, c.status) << c.line;
    EXPECT_FALSE(s.reason.empty()) << c.line;
  }
}

TEST(Sniff, scannersAreRefused) {
  for (string_view bytes : {"SSH-2.0-OpenSSH_9.2\r\n",
                            "SSH-",
                            "RFB 003.008\n",
                            "EHLO there\r\n",
                            "HELO x\r\n",
                            "EHLO\r\n",
                            "*1\r\n$4\r\nPING\r\n",
                            "$3\r\n",
                            "stats\r\n",
                            "INFO\r\n",
                            "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
                            "PROXY UNKNOWN\r\n",
                            "PROXY nonsense\r\n",
                            "proxy tcp6 ::1 ::1 1 2\r\n",
                            "ssh-2.0-x\r\n",
                            "ehlo there\r\n",
                            "helo host.example\r\n",
                            "MAIL FROM:<a@b.example>\r\n",
                            "STOMP\nlogin:ann\n",
                            "{\"method\":\"login\"}\n",
                            "A001 CAPABILITY\r\n",
                            "CNXN",
                            "HELP\r\n",
                            "MGLNDD_192.0.2.1_7777\n",
                            "Cookie: mstshash=Administr\r\n",
                            "JDWP-Handshake",
                            "USER anonymous\r\n",
                            "AUTH TLS\r\n",
                            "<?xml version=\"1.0\"?>",
                            "< NTP/1.2 >\n",
                            "DIST00000001ARGC00000005"}) {
    const Sniffed s = sniff(bytes, false);
    EXPECT_EQ(s.door, Door::refuse) << bytes;
    EXPECT_EQ(s.status, 0) << bytes;
  }
}

TEST(Sniff, binaryIsRefusedAtOnce) {
  const string_view cases[] = {"\0"sv,
                               "\x03\0\0\x13"sv,
                               "\x04\x01",
                               "\x05\x01",
                               "\x80\x2e",
                               "a\x01",
                               "a\x1b[A",
                               "a\x7f",
                               "\xC3(",
                               "a\xC2\x9B"
                               "b\n",
                               "\x0D\x0A\x0D\x0A\x01",
                               "abc\rdef\n",
                               "\r\n\r\n\0\r\nQUIT\n"sv};
  for (string_view bytes : cases) EXPECT_EQ(door(bytes), Door::refuse) << testing::PrintToString(bytes);
  EXPECT_EQ(door("\xE6\x9E\n"), Door::refuse);  // a line that ends inside a character
}

TEST(Sniff, irc) {
  for (string_view line : {"CAP LS 302",
                           "cap ls",
                           "CAP REQ :a b",
                           "CAP LIST",
                           "CAP END",
                           "NICK ann",
                           "nick :ann",
                           "USER a 0 * :Ann B",
                           "USER a b c d",
                           "PASS secret",
                           "NICK ann ",
                           "PASS :two words",
                           "PASS two words",
                           "pass secret",
                           "NICK old 1",
                           "nick old 1",
                           "NICK a b",
                           "USER a b",
                           "CAP FOO",
                           "WEBIRC secret gateway host.example 192.0.2.7",
                           "AUTHENTICATE PLAIN",
                           "OPER me secret",
                           "IDENTIFY secret",
                           "REGISTER ann a@b.example secret",
                           "PRIVMSG NickServ :IDENTIFY secret",
                           "NS IDENTIFY secret",
                           "SERVER irc.example 1 :x",
                           "server irc.example 1 :x",
                           "JOIN #x key",
                           "@a=b PASS secret",
                           ":ann PASS secret",
                           "@a=b :ann!a@h NICK ann",
                           "  PASS secret",
                           " pass secret"}) {
    EXPECT_EQ(door(string(line) + "\r\n"), Door::irc) << line;
    EXPECT_EQ(door(string(line) + "\n"), Door::irc) << line;
    EXPECT_EQ(door(string(line)), Door::undecided) << line;
  }
  EXPECT_EQ(door("NICK ann\r\n\xFF\xFD\x01"), Door::irc);  // what follows the first line changes nothing
}

TEST(Sniff, text) {
  for (string_view line : {"hello",
                           "你好",
                           "nick is here",
                           "user a b",
                           "cap",
                           "cap foo",
                           "passing by",
                           "GETTING up",
                           "getting up",
                           "I love HTTP/2",
                           "SSH",
                           "HELP me",
                           "help",
                           "get x http/2",
                           "a < b",
                           "COPY THAT",
                           "PING me",
                           "look /x",
                           "1",
                           "a\tb",
                           "byebye",
                           "join #x",
                           "JOIN us",
                           "ssh-keygen is nice",
                           "helo everyone",
                           "a1 is good",
                           "Server is down",
                           "nickserv is asleep",
                           "/oper KEY",
                           "users",
                           "/msg NickServ identify x"}) {
    EXPECT_EQ(door(string(line) + "\n"), Door::text) << line;
    EXPECT_EQ(door(string(line) + "\r\n"), Door::text) << line;
    EXPECT_EQ(door(line), Door::undecided) << line;
    EXPECT_EQ(door(line, true), Door::text) << line;
  }
  for (string_view word : {"NICK", "CAP", "PASS"}) EXPECT_EQ(door(string(word) + "\n"), Door::text) << word;
  EXPECT_EQ(door("stats", true), Door::text);
}

TEST(Sniff, aPasswordIsNeverText) {
  for (string_view line : {"pass two words", "Pass me the salt", "pass :two words", "oper me secret", "identify secret",
                           "authenticate PLAIN", "webirc secret g host.example 192.0.2.7", "user ann",
                           "msg NickServ identify secret", "privmsg nickserv :identify secret", "ns identify secret",
                           "a1 LOGIN ann secret", "a1 login ann secret", "AUTH secret", "auth plain c2VjcmV0",
                           "AUTHINFO USER ann", "password secret", ":x pass secret", "@a=b :x oper secret"}) {
    EXPECT_EQ(door(string(line) + "\n"), Door::refuse) << line;
    EXPECT_EQ(door(string(line) + "\r\nNICK ann\r\n"), Door::refuse) << line;
    EXPECT_NE(door(line, true), Door::text) << line;
  }
  EXPECT_EQ(door("\xFF\xFB\x01PASS secret\r\n"), Door::refuse);
  EXPECT_EQ(door("PASS " + string(max_sniffed, 'x')), Door::refuse);
  EXPECT_EQ(door("PASS secret\rNICK ann\r"), Door::refuse) << "a lone CR ends no line";
}

TEST(Sniff, aLineThatTheNetworkCutIsNotSaid) {
  for (string_view part : {"P", "PAS", "PASS", "PASS ", "PASS sec", "pass sec", "WEBI", "NICK an", "USER a 0", "CAP L",
                           "OPER me", "AUTHENTICATE P", ":x PASS s", "@a=b NICK ann"}) {
    EXPECT_EQ(door(part), Door::undecided) << part;
    EXPECT_EQ(door(part, true), Door::undecided) << part;
  }
}

TEST(Sniff, aPieceMayNotEndInsideACharacterOrACommand) {
  EXPECT_EQ(door("\xE4\xBD", true), Door::undecided);
  EXPECT_EQ(door("hi\xFF", true), Door::undecided);
  EXPECT_EQ(door("hi\xFF\xFB", true), Door::undecided);
  EXPECT_EQ(door("hi\xFF\xFB\x01", true), Door::text);
}

TEST(Sniff, telnetIsText) {
  EXPECT_EQ(door("\xFF\xFB\x01\xFF\xFD\x03", true), Door::undecided);
  EXPECT_EQ(door("\xFF\xFB\x01hello\r\n"), Door::text);
  EXPECT_EQ(door("hello\r\0"sv), Door::text);
  EXPECT_EQ(door("\xFF\xFB\x01NICK ann\r\n"), Door::refuse) << "neither said nor understood";
  EXPECT_EQ(sniff("\xFF\xFB\x01GET / HTTP/1.1\r\n", false).status, 400);
}

TEST(Sniff, emptyLinesDecideNothingButAreBounded) {
  EXPECT_EQ(door(""), Door::undecided);
  EXPECT_EQ(door("\r\n\n", true), Door::undecided);
  EXPECT_EQ(door("\r\nhello\n"), Door::text);
  EXPECT_EQ(door("\n\nGET / \n"), Door::refuse);
  EXPECT_EQ(door(string(max_sniffed, '\n')), Door::refuse);
}

TEST(Sniff, decidesWithinItsLimit) {
  EXPECT_EQ(door(string(max_sniffed, 'x')), Door::text);
  EXPECT_EQ(sniff("GET /" + string(max_sniffed, 'x'), false).status, 414);
  string chinese;
  while (chinese.size() < max_sniffed) chinese += "枇";
  EXPECT_EQ(door(chinese), Door::text);
}

}  // namespace
}  // namespace loquat::codec
