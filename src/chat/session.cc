#include "chat/session.h"

#include <utility>

namespace loquat::chat {
namespace {

bool is_room(const std::string& name) { return !name.empty() && name.front() == '#'; }

}  // namespace

Session::Session(Log& log, Subscriber& subscriber) : log_(log), id_(log.new_session()) {
  log_.hub().add(id_, subscriber);
}

Session::~Session() {
  log_.hub().remove(id_);
  if (known_) log_.submit({CommandKind::quit, id_, {}, {}, quit_text_, {}});
}

Ticket Session::submit(Command command) {
  if (tickets_.size() >= window) tickets_[tickets_.size() - window].get();
  command.session = id_;
  known_ = command.kind != CommandKind::quit;
  tickets_.push_back(log_.submit(std::move(command)));
  return tickets_.back();
}

Ticket Session::connect(std::string nick, std::string origin, std::string address) {
  return submit({CommandKind::connect, id_, {}, std::move(nick), std::move(address), std::move(origin)});
}

Ticket Session::rename(std::string nick) { return submit({CommandKind::rename, id_, {}, std::move(nick), {}, {}}); }

Ticket Session::join(std::string room) { return submit({CommandKind::join, id_, std::move(room), {}, {}, {}}); }

Ticket Session::part(std::string room, std::string text) {
  return submit({CommandKind::part, id_, std::move(room), {}, std::move(text), {}});
}

Ticket Session::post(CommandKind kind, std::string to, std::string text, std::string tag, std::uint64_t id) {
  Command command{kind, id_, {}, {}, std::move(text), std::move(tag)};
  (is_room(to) ? command.room : command.target) = std::move(to);
  command.id = id;
  return submit(std::move(command));
}

Ticket Session::topic(std::string room, std::string text) {
  return submit({CommandKind::topic, id_, std::move(room), {}, std::move(text), {}});
}

Ticket Session::quit(std::string text) { return submit({CommandKind::quit, id_, {}, {}, std::move(text), {}}); }

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
