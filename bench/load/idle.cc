// idle.cc - connections that have done what their kind does first and then stay silent.
//
//   bench_load idle --to HOST:PORT --kind http|text|irc|websocket|raw --connections 5000 [--path /]
//
// Rooms hold 50, so that what one newcomer causes stays small. Prints "ready" when all have been served, and ends, with
// its connections, at the end of standard input.
#include <cstdio>

#include "load.h"

namespace load {

namespace {

struct Step {
  std::string say;
  std::string until;  // the answer has come when this is in it
};

std::vector<Step> steps(const std::string& kind, const std::string& server, const std::string& path,
                        const std::string& room, std::uint32_t number) {
  const std::string nick = "n" + std::to_string(number);
  if (kind == "http") return {{"GET " + path + " HTTP/1.1\r\nHost: " + server + "\r\n\r\n", "\r\n\r\n"}};
  if (kind == "text") return {{"/join " + room + "\n", "in " + room}, {"/part #lobby\n", "\n"}};
  if (kind == "irc") {
    return {{"NICK " + nick + "\r\nUSER " + nick + " 0 * :bench\r\n", "\r\n"}, {"JOIN " + room + "\r\n", " 366 "}};
  }
  if (kind == "websocket") {
    return {{"GET /irc HTTP/1.1\r\nHost: " + server + "\r\nOrigin: http://" + server +
                 "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: text.ircv3.net\r\n\r\n",
             "101 "},
            {web_frame("NICK " + nick) + web_frame("USER " + nick + " 0 * :bench"), " 00"},
            {web_frame("JOIN " + room), " 366 "}};
  }
  if (kind == "raw") return {{"hello\n", "hello"}};
  fail("an unknown kind: " + kind);
}

}  // namespace

std::string web_frame(const std::string& text) {
  std::string bytes = "\x81";
  bytes += static_cast<char>(0x80 | text.size());
  return bytes + std::string(4, '\0') + text;  // a mask of zeros
}

Connection& enter(Crowd& crowd, const Arguments& arguments, const std::string& room) {
  Connection& connection = crowd.connect();
  for (const Step& step :
       steps(arguments.text("kind"), arguments.text("to"), arguments.text("path", "/"), room, connection.number)) {
    std::string heard;
    send_all(connection, step.say);
    crowd.loop(
        [&](Connection& who, std::string_view bytes) {
          if (who.number == connection.number) heard += bytes;
        },
        [&] { return heard.find(step.until) != std::string::npos; });
  }
  return connection;
}

void idle(const Arguments& arguments) {
  Crowd crowd(arguments.text("to"));
  for (std::size_t i = 0; i < arguments.number("connections"); ++i) {
    enter(crowd, arguments, "#r" + std::to_string(i / 50));
  }
  std::puts("ready");
  std::fflush(stdout);
  while (std::getchar() != EOF) continue;
}

}  // namespace load
