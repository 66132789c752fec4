#include "doors/irc/session.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "chat/archive.h"
#include "codec/irc/numerics.h"
#include "codec/text/utf8.h"
#include "doors/common/history_failure.h"
#include "doors/irc/commands.h"
#include "loquat/fiber.h"

namespace loquat::doors {
namespace {

using chat::EventKind;

constexpr std::string_view behind_text = "fell too far behind";
constexpr std::size_t max_label = 64;
constexpr std::size_t lines_at_once = 128;              // of a long answer
constexpr std::size_t answer_waits_above = 128 * 1024;  // bytes in the outbox

bool wants_another_nick(chat::Reason reason) {
  return reason == chat::Reason::nick_in_use || reason == chat::Reason::bad_nick ||
         reason == chat::Reason::nick_reserved;
}

}  // namespace

IrcSession::IrcSession(Context& context, Link& link, IrcFraming framing, std::string_view host, std::string address)
    : context_(context),
      framing_(framing),
      link_(link),
      output_(context.senders, link, irc_farewell(framing)),
      flood_(context, address),
      host_(host),
      entering_(std::make_unique<Entering>(Entering{std::move(address), {}, {}, {}, false, {}})),
      session_(context.log, *this),
      entry_(context.stop_list, *this) {}

IrcSession::~IrcSession() {
  if (!resume_token_.empty()) context_.resumes.close(resume_token_, now());
}

// --- Lines ---------------------------------------------------------------------------------------------------------

void IrcSession::line(std::string_view text) {
  if (over_) return;
  unread_.heard(now());
  if (resumable_) resumable_ = context_.resumes.heard(resume_token_, now());
  codec::IrcMessage message;
  switch (const codec::IrcError error = codec::parse_irc(text, message)) {
    case codec::IrcError::none:
      break;
    case codec::IrcError::empty:
      return;
    default:
      return refuse_line(error);
  }
  wait_turn(irc_cost(message, hub(), id()));
  if (codec::is_utf8(text)) return run(message);
  settle();
  IrcReply reply(context_.options.server_name, nick_);
  reply.fail(message.command, "INVALID_UTF8", {}, "This server takes text in UTF-8 only");
  push(reply);
}

void IrcSession::refuse_line(codec::IrcError error) {
  if (over_) return;
  wait_turn({0, 1});
  settle();
  IrcReply reply(context_.options.server_name, nick_);
  if (error == codec::IrcError::too_long) {
    reply.numeric(codec::ERR_INPUTTOOLONG, {}, "Input line was too long");
  } else {
    reply.numeric(codec::ERR_UNKNOWNERROR, {"*"}, "That is not an IRC line: it has no command, or contains CR or NUL");
  }
  push(reply);
}

// Waits while the client's lines come too fast. The rooms see meanwhile what it has said so far.
void IrcSession::wait_turn(LineCost cost) {
  const Duration pause = flood_.take(cost, now());
  if (pause <= Duration::zero()) return;
  if (flood_.begins()) {
    IrcReply reply(context_.options.server_name, nick_);
    reply.notice(flood_.sentence());
    push(reply);
  }
  settle();
  Flood::wait(link_, pause, over_);
  if (!output_.failed() || over_) return;
  set_lost("Connection lost");  // what it sent before does not keep it here
  over_ = true;
  decide();
}

void IrcSession::run(const codec::IrcMessage& message) {
  if (over_) return;
  IrcReply reply(context_.options.server_name, nick_);
  IrcCall one{*this, message, reply};
  if (has(irc_cap::labeled_response) && !message.tags.empty()) {
    if (auto label = message.tag("label"); label && label->size() <= max_label) one.label = std::move(*label);
  }
  call(one);
  finish(one);
  enter();
}

void IrcSession::call(IrcCall& call) {
  const IrcCommand* command = find_irc_command(call.message.command);
  if (command != nullptr && registered_ && command->ordered && call.message.size() >= command->min_params) {
    return command->run(call);
  }
  settle();
  if (over_) return;
  if (command == nullptr) {
    call.reply.numeric(codec::ERR_UNKNOWNCOMMAND, {call.message.command}, "Unknown command");
  } else if (!registered_ && !command->early) {
    // irssi sends "JOIN :" before it is registered; that asks for nothing.
    if (command->run != irc_join || !call.param(0).empty())
      call.reply.numeric(codec::ERR_NOTREGISTERED, {}, "You have not registered");
  } else if (call.message.size() < command->min_params) {
    call.reply.numeric(codec::ERR_NEEDMOREPARAMS, {call.message.command}, "Not enough parameters");
  } else {
    command->run(call);
  }
}

// Sends the command's answer, labelled if the client asked for that.
void IrcSession::finish(IrcCall& call) {
  if (!call.batch.empty()) {
    call.reply.join_batch(call.batch);
    const auto last = std::find_if(waiting_.rbegin(), waiting_.rend(), [&](auto& w) { return w.batch == call.batch; });
    if (last != waiting_.rend()) last->last = true;
  } else if (!call.label.empty() && !call.deferred) {
    call.reply.label(call.label, batch_name());
  }
  send(call.reply.lines());
}

void IrcSession::send(const std::vector<std::string>& lines) {
  if (lines.size() <= lines_at_once) return push(lines);
  for (std::size_t at = 0; at < lines.size() && !over_; at += lines_at_once) {
    const auto first = lines.begin() + static_cast<std::ptrdiff_t>(at);
    const std::size_t count = std::min(lines_at_once, lines.size() - at);
    if (!output_.wait_below(answer_waits_above)) return;
    push({first, first + static_cast<std::ptrdiff_t>(count)});
  }
}

void IrcSession::push(const std::vector<std::string>& lines) {
  if (!lines.empty()) push(chat::buffer(framed(framing_, lines)), now());
}

void IrcSession::push(const chat::Buffer& data, TimePoint time) {
  if (!over_ && !output_.push(data, time)) fall_behind();
}

// The output refused a buffer. If the connection was only lost, its reader will notice.
void IrcSession::fall_behind() {
  if (!output_.broken() || behind_) return;
  behind_ = over_ = true;
  ++context_.counters.fell_behind;
  session_.set_quit_text(std::string(behind_text));
  if (registered_) session_.quit(std::string(behind_text));
  decide();
}

// --- The log -------------------------------------------------------------------------------------------------------

void IrcSession::submit(IrcCall& call, chat::Command command, bool many) {
  if (!call.label.empty()) {
    if (many && call.batch.empty()) {
      call.batch = batch_name();
      IrcReply opening(context_.options.server_name, nick_);
      opening.server("BATCH", {"+" + call.batch, "labeled-response"});
      opening.label(call.label, {});
      push(opening);
    }
    command.id = ++commands_;
    call.deferred = true;
    waiting_.push_back({command.id, many ? std::string() : call.label, call.batch});
  }
  session_.submit(std::move(command));
}

chat::Ticket IrcSession::carry_out(chat::Command command) {
  chat::Ticket ticket = session_.submit(std::move(command));
  session_.settle();
  return ticket;
}

std::string IrcSession::address() {
  const chat::Person* self = hub().person(id());
  if (self != nullptr) return self->address;
  return entering_ ? entering_->address : nick_;
}

void IrcSession::become_operator() {
  carry_out(chat::Command::oper());
  operator_ = true;
  flood_.lift();
}

void IrcSession::settle() {
  session_.settle([this](const chat::Ticket& ticket) { visit(ticket); });
  replay();
}

void IrcSession::settle_done() {
  session_.settle_done([this](const chat::Ticket& ticket) { visit(ticket); });
  replay();
}

void IrcSession::drain(Duration noticed) {
  settle();
  const bool resumed = !resume_token_.empty() && context_.resumes.session(resume_token_, now()) == 0;
  if (!resumed && (lost_ || behind_ || output_.failed())) unread_.give_back(session_, noticed);
  output_.drain();
}

IrcSession::Waiting* IrcSession::waiting(std::uint64_t id) {
  if (id == 0) return nullptr;
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& w) { return w.id == id; });
  return found == waiting_.end() ? nullptr : &*found;
}

// Completes the answer to a command that is done.
void IrcSession::visit(const chat::Ticket& ticket) {
  IrcReply reply(context_.options.server_name, nick_);
  if (!ticket.get().ok()) explain(ticket, caps_, reply);
  if (Waiting* asked = waiting(ticket.command().id)) {
    if (!asked->batch.empty()) {
      reply.join_batch(asked->batch);
      if (asked->last) reply.server("BATCH", {"-" + asked->batch});
    } else if (!asked->answered) {
      reply.label(asked->label, batch_name());
    }
    waiting_.erase(waiting_.begin() + (asked - waiting_.data()));
    if (waiting_.empty()) waiting_.shrink_to_fit();
  }
  push(reply);
}

void IrcSession::replay() {
  while (!replays_.empty()) {
    const Replay next = std::move(replays_.front());
    replays_.erase(replays_.begin());
    IrcReply reply(context_.options.server_name, nick_);
    try {
      if (!over_) {
        const std::size_t most = context_.options.history_lines;
        const auto lines =
            offload([&] { return irc_latest(context_.log.archive(), next.room, most, next.up_to, next.after); });
        if (!lines.empty()) add_history(lines, next.room, *this, reply);
      }
    } catch (const std::runtime_error& error) {  // of the archive, or no thread can be started
      reply.notice(next.room + ": " + history_failure(context_, error));
    }
    output_.fill(next.gap, chat::buffer(framed(framing_, reply.lines())));
  }
  if (replays_.capacity() > 0) replays_.shrink_to_fit();
}

// --- Events --------------------------------------------------------------------------------------------------------

void IrcSession::deliver(chat::Delivery& delivery) noexcept {
  try {
    delivery.event().session == id() ? own(delivery) : others(delivery);
  } catch (const std::exception&) {
    // Out of memory: a client that missed an event must not stay.
    over_ = true;
    output_.close();
  }
}

void IrcSession::others(chat::Delivery& delivery) {
  const chat::ChatEvent& event = delivery.event();
  if (event.kind == EventKind::oper) return show_operator(event);
  if (event.kind == EventKind::tell) return tell(event.text);
  if (event.is_private() && !resume_token_.empty()) {
    context_.resumes.keep(resume_token_, event, delivery.now());
    resumable_ = true;
  }
  if (event.kind == EventKind::away && !has(irc_cap::away_notify)) return;
  unread_.add(event, id(), delivery.now());
  push(delivery.encoded(encode_irc, irc_variant(framing_, caps_)), delivery.now());
  if (event.kind == EventKind::join) show_newcomer(event);
}

void IrcSession::tell(std::string_view sentence) {
  IrcReply reply(context_.options.server_name, nick_);
  reply.notice(sentence);
  push(reply);
}

// Somebody became an operator, which IRC knows by room.
void IrcSession::show_operator(const chat::ChatEvent& event) {
  const chat::Person* person = hub().person(event.session);
  IrcReply reply(context_.options.server_name, nick_);
  if (event.session == id()) reply.line(":" + nick_ + " MODE " + nick_ + " :+o");
  for (const chat::Room* room : person->rooms) {
    if (hub().is_member(id(), room->name)) reply.server("MODE", {room->name, "+o", person->nick});
  }
  push(reply);
}

// What the others of a room are told of a new member, beside its JOIN.
void IrcSession::show_newcomer(const chat::ChatEvent& event) {
  const chat::Person* person = hub().person(event.session);
  IrcReply reply(context_.options.server_name, nick_);
  if (person->is_operator) reply.server("MODE", {event.room, "+o", person->nick});
  if (!person->away.empty() && has(irc_cap::away_notify)) {
    chat::ChatEvent away = event;
    away.kind = EventKind::away;
    away.text = person->away;
    for (std::string& line : irc_lines(away, caps_)) reply.line(std::move(line));
  }
  push(reply);
}

void IrcSession::own(chat::Delivery& delivery) {
  const chat::ChatEvent& event = delivery.event();
  const auto share = [&] { push(delivery.encoded(encode_irc, irc_variant(framing_, caps_)), delivery.now()); };
  if (event.kind == EventKind::connect) return welcome();
  if (event.kind == EventKind::quit) return goodbye(event.text);
  if (event.kind == EventKind::oper) return show_operator(event);
  if (event.kind == EventKind::away) return;  // AWAY is answered by its command
  if (event.kind == EventKind::nick) nick_ = event.target;
  if (event.kind <= EventKind::action) {
    if (event.target_session == id()) share();
    if (!has(irc_cap::echo_message)) return;
  }
  if (event.kind != EventKind::join && waiting(event.command) == nullptr) return share();
  IrcReply reply(context_.options.server_name, nick_);
  for (std::string& line : irc_lines(event, caps_)) reply.line(std::move(line));
  if (event.kind == EventKind::join) joined(event, reply);
  answer(event, reply);
  push(reply);
  if (event.kind != EventKind::join || !is_replayed()) return;
  const chat::Seq seen = hub().departures().last_seen(hub().person(id())->key, event.room_key);
  replays_.push_back({output_.gap(), event.room, seen, event.seq});
}

bool IrcSession::is_replayed() const noexcept {
  return context_.options.replay && has(irc_cap::server_time) && !has(irc_cap::chathistory);
}

void IrcSession::joined(const chat::ChatEvent& event, IrcReply& reply) {
  const chat::Room* room = hub().room(event.room);
  if (room == nullptr) return;
  add_topic(*room, reply, false);
  add_names(*room, caps_, reply);
}

void IrcSession::answer(const chat::ChatEvent& event, IrcReply& reply) {
  Waiting* asked = waiting(event.command);
  if (asked == nullptr) return;
  asked->answered = true;
  if (asked->batch.empty()) {
    reply.label(asked->label, batch_name());
  } else {
    reply.join_batch(asked->batch);
  }
}

// --- Coming and going ----------------------------------------------------------------------------------------------

// Enters the chat once the registration is complete.
void IrcSession::enter() {
  if (registered_ || over_ || entering_->negotiating || entering_->nick.empty() || entering_->user.empty()) return;
  const std::string nick = std::exchange(entering_->nick, {});
  const std::string old_token = entering_->old_token;
  const chat::Seq seen = entering_->seen;
  std::string origin = entering_->user + '@';
  const chat::Outcome outcome = session_.connect(nick, origin += host_, entering_->address, entering_->real_name).get();
  if (over_) return;
  if (outcome.ok()) return send_missed(old_token, seen);
  IrcReply reply(context_.options.server_name, nick_);
  const std::string sentence = chat::describe(outcome.reason);
  if (outcome.reason == chat::Reason::nick_in_use) {
    reply.numeric(codec::ERR_NICKNAMEINUSE, {nick}, "Nickname is already in use");
  } else if (wants_another_nick(outcome.reason)) {
    reply.numeric(codec::ERR_ERRONEUSNICKNAME, {nick}, "Erroneous nickname: " + sentence);
  } else if (outcome.reason == chat::Reason::banned) {
    reply.numeric(codec::ERR_YOUREBANNEDCREEP, {}, "You are banned from this server; an operator comes in by PASS KEY");
  }
  push(reply);
  if (!wants_another_nick(outcome.reason)) goodbye(sentence);
}

// Sends what the session that the client resumes was sent after `seen`. A connection that is lost already leaves it for
// the next one.
void IrcSession::send_missed(const std::string& old_token, chat::Seq seen) {
  if (old_token.empty() || output_.failed()) return;
  IrcReply reply(context_.options.server_name, nick_);
  for (const chat::ChatEvent& message : context_.resumes.take(old_token, seen, now())) {
    for (std::string& line : irc_lines(message, caps_)) reply.line(std::move(line));
  }
  push(reply);
}

// Reports that the client is registered, or the session over.
void IrcSession::decide() {
  const std::unique_ptr<Entering> entering = std::move(entering_);
  if (entering && entering->decided) entering->decided();
}

void IrcSession::welcome() {
  registered_ = true;
  nick_ = hub().person(id())->nick;
  IrcReply reply(context_.options.server_name, nick_);
  add_welcome(*this, reply);
  if (operator_) reply.numeric(codec::RPL_YOUREOPER, {}, "You are now an IRC operator");
  if (has(irc_cap::resume)) reply.server("RESUME", {resume_token_ = context_.resumes.open(id())});
  push(reply);
  decide();
}

void IrcSession::goodbye(std::string_view why) {
  if (over_) return;
  std::string line = "ERROR :Closing link: ";
  line += why;
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  output_.push(chat::buffer(framed(framing_, {std::string(clip(line, codec::IrcLimits::line))})), now());
  over_ = true;
  output_.close();
  decide();
}

void IrcSession::end(std::string_view why) {
  if (!registered_) return goodbye(why);
  session_.quit(std::string(why));
}

void IrcSession::stop(std::string_view reason) noexcept {
  try {
    session_.set_quit_text(std::string(reason));
    goodbye(reason);
    if (registered_) end(reason);
  } catch (const std::exception&) {
    output_.close();
  }
}

}  // namespace loquat::doors
