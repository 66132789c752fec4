// chat_client.h - a chat client without a terminal: connects, reconnects, and neither loses a line nor shows one twice.
//
//   Sending   Each line carries a mark of its own (+loquat/id). It is pending until the server's echo, or the history,
//             brings that mark back. After a lost connection the room's history after the last line that was seen is
//             read first, and only what is still pending then is sent again.
//   Showing   Lines are given to `show` without line end, safe for a terminal: no control characters.
//   Waiting   run() in a fiber; the rest from fibers of the same worker.
//   Private   Messages to a nick are in no history: one whose echo did not come before the connection was lost is
//             reported, not sent again.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "../tls_end.h"
#include "codec/irc/message.h"
#include "loquat/address.h"
#include "loquat/socket.h"
#include "loquat/sync.h"

namespace loquat::tool {

class ChatClient {
 public:
  struct Options {
    HostPort server;
    TlsOptions tls;
    std::string nick;
    std::string room = "#lobby";
    std::size_t history = 20;  // lines that a newcomer is shown
    bool notices = true;       // show joins, parts and what the client itself has to say
    int most_attempts = 0;     // to connect, before the first success; 0: no bound
  };

  ChatClient(Options options, std::function<void(const std::string& line)> show);

  // Connects and stays connected until quit(). Throws OSError if it never could (most_attempts), and std::runtime_error
  // with what the server said if it refused for good, be it the client or the room that it came for.
  void run();
  // What the user typed: a line for the present room, or a /command.
  void input(std::string line);
  // Says a line in the present room, whatever it begins with.
  void say(std::string line);
  // Waits until nothing is pending, or `timeout` is over; returns whether nothing is.
  bool wait_sent(Duration timeout);
  // Why a line could not be said; empty if none was refused.
  const std::string& refused() const { return refused_; }
  // Says goodbye and makes run() return. One that is in the middle of connecting finishes that first: cancel its fiber.
  void quit();

  const std::string& nick() const { return nick_; }
  const std::string& room() const { return room_; }

 private:
  struct Pending {
    std::string id;
    std::string target;
    std::string text;  // as it goes out, CTCP ACTION included
    bool sent = false;
  };
  struct Room {
    std::string name;
    bool joined = false;         // on this connection
    std::string last;            // msgid of the last line that was shown
    std::set<std::string> seen;  // msgids, the latest few hundred
    std::deque<std::string> seen_order;
    bool catching_up = false;       // history has been asked for
    std::vector<std::string> held;  // live lines that came meanwhile
    std::string batch;              // the reference of the history batch
    std::size_t batch_lines = 0;
  };

  void connect_and_serve();
  void register_client();
  void receive(const std::string& line);
  void dispatch(const codec::IrcMessage& message, const std::string& line);
  void on_numeric(int number, const codec::IrcMessage& message);
  void on_message(const codec::IrcMessage& message, const std::string& line);
  void on_join(const codec::IrcMessage& message);
  static bool is_channel(std::string_view target) { return target.starts_with('#') || target.starts_with('&'); }
  static std::string nick_of(std::string_view source) { return std::string(source.substr(0, source.find('!'))); }
  void on_batch(const codec::IrcMessage& message);
  void on_failure(const codec::IrcMessage& message);
  void refuse(std::deque<Pending>::iterator pending, const std::string& reason);
  void refuse_room(std::string_view name, const std::string& reason);
  void refuse_me(const std::string& reason);
  void welcome();
  void ask_history(Room& room);
  void caught_up(Room& room);
  void show_message(Room* room, const codec::IrcMessage& message);
  bool first_sight(Room& room, const std::string& id);
  void acknowledge(const codec::IrcMessage& message);
  void send_pending(const std::string& target);
  void post(const std::string& target, const std::string& text, bool action);
  void command(std::string_view name, const std::string& rest);
  void send_line(const std::string& line);
  void tell(const std::string& text);
  std::string new_id();
  Room& open_room(const std::string& name);
  Room* find_room(std::string_view name);

  Options options_;
  std::function<void(const std::string&)> show_;
  std::string nick_;
  std::string room_;
  std::map<std::string, Room> rooms_;  // by folded name
  std::deque<Pending> pending_;
  Event settled_;
  Socket socket_;
  bool registered_ = false;
  bool ever_registered_ = false;
  bool quitting_ = false;
  bool unwanted_ = false;  // trying again would not help
  std::string refusal_;    // why the server hung up
  std::string refused_;    // why it did not take a line
  Event wake_;             // ends a pause between two attempts
  std::uint64_t session_mark_ = 0;
  std::uint64_t next_id_ = 0;
};

}  // namespace loquat::tool
