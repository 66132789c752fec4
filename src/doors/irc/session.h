// session.h - one IRC client's conversation: takes its lines, answers to its link. It knows no transport.
//
//   Waiting   line() and settle(), which the reader calls, may wait for the log and the archive. deliver(), stop() and
//             end() never wait.
//   Order     Commands go through the log; an answer that bypasses the log is given after settle().
//   Floods    line() and refuse_line() wait as long as the client's limits say (doors/common/flood.h).
//   Commands  Each is a function in commands.h that takes an IrcCall.
//   History   A client with server-time, but without draft/chathistory, is shown the lines of a room that it joins
//             which its nick has not seen. They fill a gap in its outbox, so that later lines follow them. A client
//             without server-time would take them for new ones: it gets none.
//
// Layer: doors (docs/layers.txt).  Source: RFC 2812, modern.ircdocs.horse, IRCv3.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "chat/session.h"
#include "codec/irc/message.h"
#include "doors/common/context.h"
#include "doors/common/flood.h"
#include "doors/common/outbox_sender.h"
#include "doors/common/stop_list.h"
#include "doors/common/unread.h"
#include "doors/irc/encode.h"
#include "doors/irc/reply.h"

namespace loquat::doors {

class IrcSession;

// One command while it runs.
struct IrcCall {
  IrcSession& client;
  const codec::IrcMessage& message;
  IrcReply& reply;         // sent when the command returns
  std::string label = {};  // the client's, if it wants a labelled response
  bool deferred = false;   // the response comes through the log
  std::string batch = {};  // the open batch that the response belongs to
  std::string_view param(std::size_t i) const { return message.param(i); }
};

class IrcSession final : public chat::Subscriber, public Stoppable {
 public:
  // `host` is what others see after the '@', a constant; `address` is what bans look at. The link outlives the session.
  IrcSession(Context& context, Link& link, IrcFraming framing, std::string_view host, std::string address);
  ~IrcSession();

  // Carries out one line, without CR LF.
  void line(std::string_view text);
  // Answers a line that the transport rejected: too long, or with CR or NUL in it.
  void refuse_line(codec::IrcError error);
  // Waits for all commands so far, and answers those that were refused. Call it when there is nothing more to read.
  void settle();
  // Answers only commands that are done already, without waiting.
  void settle_done();
  // For the reader, once it has stopped: settles, and waits until everything is sent or sending failed. If the
  // connection was lost, which took at most `noticed` to notice, tells those who wrote to the client alone.
  void drain(Duration noticed);
  // Asks a silent client for a sign of life.
  void ping() { push({"PING :" + context_.options.server_name}); }
  // Ends the connection and tells the reason to the client and its rooms.
  void end(std::string_view why);
  // What the client's rooms are told when the connection is gone.
  void set_quit_text(std::string why) { session_.set_quit_text(std::move(why)); }
  // The same for a connection that did not end in order: what was sent last may not have arrived.
  void set_lost(std::string why) {
    lost_ = true;
    set_quit_text(std::move(why));
  }

  bool registered() const noexcept { return registered_; }
  bool over() const noexcept { return over_; }
  // Calls `call` once, when the client is registered or the session over.
  void on_decided(std::function<void()> call) { entering_ ? void(entering_->decided = std::move(call)) : call(); }

  void deliver(chat::Delivery& delivery) noexcept override;
  void stop(std::string_view reason) noexcept override;

  // --- For the commands --------------------------------------------------------------------------------------------
  Context& context() noexcept { return context_; }
  chat::Hub& hub() { return context_.log.hub(); }
  const std::string& nick() const noexcept { return nick_; }  // "*" before there is one
  chat::SessionId id() const noexcept { return session_.id(); }
  unsigned caps() const noexcept { return caps_; }
  bool has(unsigned cap) const noexcept { return (caps_ & cap) != 0; }
  void set_caps(unsigned caps) noexcept { caps_ = caps; }
  std::string batch_name() { return "b" + std::to_string(++batches_); }

  // What has been received of the registration. The client is registered once it is complete and no negotiation of
  // capabilities is open.
  struct Entering {
    std::string address, nick, user, real_name;
    bool negotiating = false;
    std::function<void()> decided;
    std::string old_token{};  // of the session that this client resumes
    chat::Seq seen = 0;       // and the last event that it received there
  };
  // The client's, as bans know it.
  std::string address();
  // nullptr once the client is registered, and once the session is over.
  Entering* entering() noexcept { return entering_.get(); }

  // Submits a command; if the call has a label, the response will carry it. `many`: the call submits several commands.
  void submit(IrcCall& call, chat::Command command, bool many = false);
  // Submits a command, waits until it is done, and leaves the answer to the caller. For commands that are not
  // `ordered`.
  chat::Ticket carry_out(chat::Command command);
  // The client has shown the operator's key: from now on it may send as fast as it likes.
  void become_operator();
  bool is_operator() const noexcept { return operator_; }
  // Says goodbye to the client and closes, without a word to the rooms.
  void goodbye(std::string_view why);

 private:
  // A labelled command that is not done yet.
  struct Waiting {
    std::uint64_t id = 0;
    std::string label;  // of a response of its own
    std::string batch;  // or the open batch that it belongs to
    bool last = false;  // in that batch
    bool answered = false;
  };
  // History that has to be read, for a gap in the outbox.
  struct Replay {
    chat::Outbox::Gap gap;
    std::string room;
    chat::Seq after;
    chat::Seq up_to;
  };
  bool is_replayed() const noexcept;

  void run(const codec::IrcMessage& message);
  void wait_turn(LineCost cost);
  void call(IrcCall& call);
  void finish(IrcCall& call);
  void send(const std::vector<std::string>& lines);
  void push(IrcReply& reply) { push(reply.lines()); }
  void push(const std::vector<std::string>& lines);
  void push(const chat::Buffer& data, TimePoint time);
  void fall_behind();

  void enter();
  void send_missed(const std::string& old_token, chat::Seq seen);
  void decide();
  void own(chat::Delivery& delivery);
  void others(chat::Delivery& delivery);
  void tell(std::string_view sentence);
  void show_operator(const chat::ChatEvent& event);
  void show_newcomer(const chat::ChatEvent& event);
  void welcome();
  void joined(const chat::ChatEvent& event, IrcReply& reply);
  void answer(const chat::ChatEvent& event, IrcReply& reply);
  void visit(const chat::Ticket& ticket);
  Waiting* waiting(std::uint64_t id);
  void replay();

  Context& context_;
  const IrcFraming framing_;
  Link& link_;
  OutboxSender output_;
  Flood flood_;
  std::string_view host_;
  std::string nick_ = "*";
  std::unique_ptr<Entering> entering_;
  unsigned caps_ = 0;
  bool registered_ = false;
  bool operator_ = false;
  bool over_ = false;
  bool behind_ = false;
  bool lost_ = false;
  std::uint64_t commands_ = 0;
  std::uint64_t batches_ = 0;
  std::vector<Waiting> waiting_;
  std::vector<Replay> replays_;
  Unread unread_;
  chat::Session session_;
  StopList::Entry entry_;
  std::string resume_token_;  // empty without loquat/resume
  bool resumable_ = false;    // messages are kept for that token
};

}  // namespace loquat::doors
