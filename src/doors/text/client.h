// client.h - one connection of the text door: reads lines and pieces, runs commands, shows events.
//
//   1. A client is in piece mode until it sends a line end or a telnet command, then in line mode for good.
//   2. Only the connection's fiber reads the socket and submits commands; deliver() and stop() run in other fibers of
//      the same worker and never wait. They end the connection by leave(), which makes the fiber's read return.
//   3. A client is not shown its own lines, which it has typed.
//
//   Threads   One worker.
//
// Layer: doors.  Source: docs/text-door.md.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/session.h"
#include "codec/text/line_reader.h"
#include "codec/text/telnet.h"
#include "doors/common/context.h"
#include "doors/common/flood.h"
#include "doors/common/stop_list.h"
#include "doors/common/unread.h"
#include "doors/operator/operator_commands.h"
#include "doors/text/link.h"
#include "doors/text/piece_reader.h"

namespace loquat::doors {

class TextClient final : public chat::Subscriber, public Stoppable {
 public:
  // Both outlive it. `address` is the client's: bans look at it.
  TextClient(Context& context, Socket& socket, std::string address);

  // Serves the connection until either side ends it, and closes it. Throws nothing but Cancelled.
  void run(std::string first_bytes);

  void deliver(chat::Delivery& delivery) noexcept override;
  void stop(std::string_view reason) noexcept override;

 private:
  static constexpr std::size_t max_line = 8192;  // bytes, also of a piece
  struct Replay {                                // history that a gap in the outbox waits for
    chat::Outbox::Gap gap;
    std::string room;
    chat::Seq up_to;
    bool welcome;
  };

  // --- what comes in: client.cc
  bool enter(std::string_view first_bytes);
  bool brings_key(std::string_view first_bytes, const std::string& address);
  void read_all();
  void take(std::string_view bytes);
  void take_lines(std::string_view text);
  void take_piece();
  void start_lines();
  void wait_turn(LineCost cost);
  void say(std::string_view line);
  void post(chat::CommandKind kind, const std::string& to, std::string_view text);
  void report(const chat::Ticket& ticket);
  void settle();
  Duration pause() const noexcept;
  void replay();
  std::string history_of(const Replay& replay);

  // --- what goes out
  void hear(chat::Delivery& delivery);
  void hear_own(const chat::ChatEvent& event);
  void entered(const chat::ChatEvent& event);
  void push(chat::Buffer data, TimePoint time);
  void reply(std::string_view text);
  void leave(std::string_view quit_text, std::string_view last_bytes);

  // --- commands: commands.cc
  friend struct TextCommand;
  void command(std::string_view line);
  void help(std::string_view rest);
  void nick(std::string_view rest);
  void join(std::string_view rest);
  void part(std::string_view rest);
  void rooms(std::string_view rest);
  void who(std::string_view rest);
  void msg(std::string_view rest);
  void me(std::string_view rest);
  void history(std::string_view rest);
  void quit(std::string_view rest);
  void oper(std::string_view rest);
  void bans(std::string_view rest);
  void operate(const OperatorCommand& asked);

  Context& context_;
  Socket& socket_;
  const std::string address_;
  TextLink link_;
  Flood flood_;
  OutboxSender sender_;
  chat::Session session_;
  codec::TelnetFilter telnet_;
  codec::LineReader lines_{max_line};
  PieceReader piece_;
  std::vector<Replay> replays_;
  Unread unread_;
  std::string room_;        // that lines are said in; empty: none
  std::string quit_text_;   // for the others, in place of "connection closed"
  std::string last_bytes_;  // for the client
  bool line_mode_ = false;
  bool operator_ = false;  // has shown the key
  bool too_long_ = false;  // the present piece is too long, and was refused
  bool over_ = false;
  bool lost_ = false;  // the connection, which did not end in order
};

}  // namespace loquat::doors
