// session.h - one client in the chat, for the doors.
//
//     chat::Session session(log, *this);                    // this: a Subscriber
//     if (auto outcome = session.connect("ada", "ada@192.0.2.7", "192.0.2.7").get(); !outcome.ok()) ...
//     session.join("#lobby");
//     session.post(CommandKind::message, "#lobby", "hello");
//     session.settle([&](const Ticket& ticket) { if (!ticket.get().ok()) complain(ticket); });
//
// Each call submits a command and returns its ticket without waiting for the outcome, so that a thousand pasted lines
// share a few commits. A door calls settle() before it answers anything that bypasses the log (PONG), and whenever it
// has nothing to read.
//
//   Threads   A session is used on the worker that made it.
//   Bounds    A call waits until fewer than `window` of the session's commands are unfinished; quit() never waits.
//
// Layer: chat (docs/layers.txt).
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "chat/log.h"

namespace loquat::chat {

class Session {
 public:
  // Nobody sees the session before connect() is done.
  Session(Log& log, Subscriber& subscriber);
  // Quits with `quit_text` if the session is still connected, without waiting. The subscriber is not called any more.
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  SessionId id() const noexcept { return id_; }
  // What this worker's hub knows about the session: nick, rooms. nullptr before connect and after quit.
  const Person* self() const { return log_.hub().person(id_); }
  void set_quit_text(std::string text) { quit_text_ = std::move(text); }

  // An empty `nick` asks for a guest's ("guest7"). `origin` is shown to others, `address` is what bans look at. May be
  // called again after a refusal.
  Ticket connect(std::string nick, std::string origin, std::string address, std::string real_name = {});
  Ticket rename(std::string nick);
  Ticket join(std::string room);
  Ticket part(std::string room, std::string text = {});
  // `kind` is message, notice or action; `to` is a room, or a nick for a private message. `id` is returned in
  // ChatEvent::command.
  Ticket post(CommandKind kind, std::string to, std::string text, std::string tag = {}, std::uint64_t id = 0);
  Ticket topic(std::string room, std::string text);
  Ticket quit(std::string text = {});
  Ticket submit(Command command);

  // Waits for all commands so far, and calls visit(ticket) for each that was not visited yet, in order. settle() does
  // not wait for commands that visit() submits.
  void settle(const std::function<void(const Ticket&)>& visit = {});
  // Visits those that are done already, without waiting.
  void settle_done(const std::function<void(const Ticket&)>& visit);
  std::size_t unsettled() const noexcept { return tickets_.size(); }

  static constexpr std::size_t window = 512;

 private:
  Log& log_;
  SessionId id_;
  std::string quit_text_ = "connection lost";
  bool known_ = false;  // the log knows the session, so it has to quit
  std::vector<Ticket> tickets_;
};

}  // namespace loquat::chat
