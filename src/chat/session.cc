#include "chat/session.h"

#include <utility>

namespace loquat::chat {

Session::Session(Log& log, Subscriber& subscriber) : log_(log), id_(log.new_session()) {
  log_.hub().add(id_, subscriber);
}

Session::~Session() {
  log_.hub().remove(id_);
  if (known_) quit(std::move(quit_text_));
}

Ticket Session::submit(Command command) {
  const bool quits = command.kind == CommandKind::quit;
  if (!quits && tickets_.size() >= window) {
    const Ticket oldest = tickets_[tickets_.size() - window];  // a copy: deliver() may add a quit meanwhile
    oldest.get();
  }
  command.session = id_;
  Ticket ticket = log_.submit(std::move(command));
  known_ = !quits;
  tickets_.push_back(std::move(ticket));
  return tickets_.back();
}

Ticket Session::connect(std::string nick, std::string origin, std::string address, std::string real_name) {
  return submit(Command::connect(std::move(nick), std::move(origin), std::move(address), std::move(real_name)));
}

Ticket Session::rename(std::string nick) { return submit(Command::rename(std::move(nick))); }

Ticket Session::join(std::string room) { return submit(Command::join(std::move(room))); }

Ticket Session::part(std::string room, std::string text) {
  return submit(Command::part(std::move(room), std::move(text)));
}

Ticket Session::post(CommandKind kind, std::string to, std::string text, std::string tag, std::uint64_t id) {
  Command command = Command::say(kind, std::move(to), std::move(text), std::move(tag));
  command.id = id;
  return submit(std::move(command));
}

Ticket Session::topic(std::string room, std::string text) {
  return submit(Command::topic(std::move(room), std::move(text)));
}

Ticket Session::quit(std::string text) { return submit(Command::quit(std::move(text))); }

void Session::settle(const std::function<void(const Ticket&)>& visit) {
  const std::size_t count = tickets_.size();
  for (std::size_t i = 0; i < count; ++i) {
    const Ticket ticket = tickets_[i];
    ticket.get();
    if (visit) visit(ticket);
  }
  tickets_.erase(tickets_.begin(), tickets_.begin() + static_cast<std::ptrdiff_t>(count));
}

void Session::settle_done(const std::function<void(const Ticket&)>& visit) {
  std::size_t count = 0;
  while (count < tickets_.size() && tickets_[count].done()) {
    const Ticket ticket = tickets_[count++];
    visit(ticket);
  }
  tickets_.erase(tickets_.begin(), tickets_.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace loquat::chat
