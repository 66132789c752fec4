// chat_client.h - a chat client without a terminal: it reconnects, loses no line and shows none twice.
//
//   Sending   Each line carries an id of its own (+loquat/id). It is pending until the server's echo, or the history,
//             returns that id. After a reconnect the client first reads the history since the last line that it saw,
//             and then sends again what is still pending.
//   Showing   `show` gets lines without line end and without control characters, so they are safe for a terminal. Those
//             of the client and the server begin with "* ", which no member's line does; members' words in them are
//             quoted.
//   Waiting   Call run() in a fiber, and the rest from fibers of the same worker.
//   Private   No history has messages to a nick. If the connection breaks before the echo of such a message, the
//             client tells the user and does not send it again.
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
    std::string operator_key;  // makes an operator, who comes in despite a ban; empty: none
    std::string nick;
    std::string room = "#lobby";
    std::size_t history = 20;  // lines to show on joining a room
    bool notices = true;       // also show joins, parts and the client's own notices
    int max_attempts = 0;      // to connect, until the first success; 0: no limit
  };

  ChatClient(Options options, std::function<void(const std::string& line)> show);

  // Connects, and reconnects until quit(). Throws OSError if the first max_attempts attempts fail, and
  // std::runtime_error with the server's reason if it rejects the client for good, or its only room.
  void run();
  // Handles what the user typed: a line for the current room, or a /command.
  void input(std::string line);
  // Sends a line to the current room, even if it begins with '/'.
  void say(std::string line);
  // Waits until no line is pending. Returns false if `timeout` passes without an echo.
  bool wait_sent(Duration timeout);
  // Why the server refused a line; empty if it refused none.
  const std::string& refused() const { return refused_; }
  // Sends QUIT and makes run() return. An attempt to connect ends first; cancel run()'s fiber to cut it short.
  void quit();

  const std::string& nick() const { return nick_; }
  const std::string& room() const { return room_; }

 private:
  struct Pending {
    std::string id;
    std::string target;
    std::string text;  // as sent, with CTCP ACTION
    bool sent = false;
  };
  struct Room {
    std::string name;
    bool joined = false;         // on this connection
    std::string last;            // msgid of the last line shown
    std::set<std::string> seen;  // the latest few hundred msgids
    std::deque<std::string> seen_order;
    bool catching_up = false;       // waiting for history
    std::vector<std::string> held;  // live lines that arrived meanwhile
    std::string batch;              // the history batch's reference
    std::size_t batch_lines = 0;
  };

  static constexpr std::size_t history_page = 100;  // lines of one CHATHISTORY

  void connect_and_serve();
  void register_client();
  void receive(const std::string& line);
  void dispatch(const codec::IrcMessage& message, const std::string& line);
  void on_numeric(const codec::IrcMessage& message);
  void on_nick_refused(const codec::IrcMessage& message, const std::string& reason);
  void on_message(const codec::IrcMessage& message, const std::string& line);
  void on_join(const codec::IrcMessage& message);
  static bool is_channel(std::string_view target) { return target.starts_with('#') || target.starts_with('&'); }
  static std::string nick_of(std::string_view source) { return std::string(source.substr(0, source.find('!'))); }
  void on_batch(const codec::IrcMessage& message);
  void on_failure(const codec::IrcMessage& message);
  void refuse_line(std::deque<Pending>::iterator pending, const std::string& reason);
  void refuse_room(std::string_view name, const std::string& reason);
  void give_up(const std::string& reason);
  void on_welcome();
  void request_history(Room& room);
  void end_catching_up(Room& room);
  void show_message(Room* room, const codec::IrcMessage& message);
  static bool mark_seen(Room& room, const std::string& id);  // false if it was seen before
  void on_sent(const codec::IrcMessage& message);
  void send_pending(const std::string& target);
  void post(const std::string& target, const std::string& text, bool action);
  void command(std::string_view name, const std::string& rest);
  bool operate(std::string_view name, const std::string& rest);
  void send_line(const std::string& line);
  void notify(const std::string& text);
  std::string new_id();
  Room& open_room(const std::string& name);
  Room* find_room(std::string_view name);

  Options options_;
  std::function<void(const std::string&)> show_;
  std::string nick_;
  std::string room_;
  std::map<std::string, Room> rooms_;  // by folded name
  std::deque<Pending> pending_;
  Event all_sent_;
  Socket socket_;
  bool registered_ = false;
  bool was_registered_ = false;
  bool quitting_ = false;
  bool rejected_ = false;  // reconnecting would not help
  std::string rejection_;  // why the server closed the connection
  std::string refused_;    // why it refused a line
  Event retry_now_;        // ends the pause between two attempts
  std::uint64_t session_id_ = 0;
  std::uint64_t next_id_ = 0;
};

}  // namespace loquat::tool
