// session.h - one IRC client's conversation: takes its lines, answers to its link. It knows no transport.
//
//   Waiting   line() and settle() may wait, for the log and the archive; they are the reader's. deliver(), stop() and
//             end() never wait.
//   Order     What a line does goes through the log; whatever is answered without the log is answered after settle().
//   Commands  Each is a function in commands.h that is given an IrcCall.
//   History   A client without draft/chathistory is shown the last lines of a room that it joins, in a gap of its
//             outbox that is filled when they have been read: what is said meanwhile follows them.
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
#include "doors/common/outbox_sender.h"
#include "doors/common/stop_list.h"
#include "doors/irc/encode.h"
#include "doors/irc/reply.h"

namespace loquat::doors {

class IrcSession;

// One command that is being carried out.
struct IrcCall {
  IrcSession& client;
  const codec::IrcMessage& message;
  IrcReply& reply;         // what is gathered here is sent when the command returns
  std::string label = {};  // of the client's, if it wants a labelled response
  bool deferred = false;   // the response comes through the log
  std::string batch = {};  // the batch that all of it goes into, if it is open already
  std::string_view param(std::size_t i) const { return message.param(i); }
};

class IrcSession final : public chat::Subscriber, public Stoppable {
 public:
  // `host` is what others see after the '@', a constant; `address` is what bans look at. The link outlives the session.
  IrcSession(Context& context, Link& link, IrcFraming framing, std::string_view host, std::string address);
  ~IrcSession();

  // Carries out one line, without CR LF.
  void line(std::string_view text);
  // Answers a line that the transport could not give: longer than any may be, or with CR or NUL in it.
  void refuse_line(codec::IrcError error);
  // Waits for all that was begun, and answers what was refused. For when nothing more is there to be read.
  void settle();
  // Answers only what has been done already.
  void settle_done();
  // The reader has stopped: settles, and waits until the client has been sent everything, or cannot be.
  void drain();
  // Asks the client whether it is there.
  void ping() { push({"PING :" + context_.options.server_name}); }
  // Ends the connection: says why to the client, and to its rooms if it is in some.
  void end(std::string_view why);
  // The connection is gone; `why` is what its rooms are told.
  void set_quit_text(std::string why) { session_.set_quit_text(std::move(why)); }

  bool registered() const noexcept { return registered_; }
  bool over() const noexcept { return over_; }
  // What is called once, when the client is registered or over.
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

  // Registration: what has come so far. The client is registered when it has all and asks for no more capabilities.
  struct Entering {
    std::string address, nick, user;
    bool negotiating = false;
    std::function<void()> decided;
  };
  // nullptr once it is.
  Entering* entering() noexcept { return entering_.get(); }

  // Hands a command to the log; if the call has a label, the response will carry it. `many`: the call hands in several.
  void submit(IrcCall& call, chat::Command command, bool many = false);
  // The same for one that cannot fail, and whose answer the caller gives.
  void submit_quietly(chat::Command command) { session_.submit(std::move(command)); }
  // Says goodbye and closes, for a client that is not in the chat yet.
  void goodbye(std::string_view why);

 private:
  // A labelled command that is on its way.
  struct Waiting {
    std::uint64_t id = 0;
    std::string label;  // of a response of its own
    std::string batch;  // or the open batch that it belongs to
    bool last = false;  // in that batch
    bool answered = false;
  };
  // History that has to be read and put where it belongs.
  struct Replay {
    chat::Outbox::Gap gap;
    std::string room;
    chat::Seq up_to;
  };

  void run(const codec::IrcMessage& message);
  void call(IrcCall& call);
  void finish(IrcCall& call);
  void send(const std::vector<std::string>& lines);
  void push(IrcReply& reply) { push(reply.lines()); }
  void push(const std::vector<std::string>& lines);
  void push(const chat::Buffer& data, TimePoint time);
  void fall_behind();

  void enter();
  void decide();
  void own(chat::Delivery& delivery);
  void welcome();
  void joined(const chat::ChatEvent& event, IrcReply& reply);
  void answer(const chat::ChatEvent& event, IrcReply& reply);
  void visit(const chat::Ticket& ticket);
  Waiting* waiting(std::uint64_t id);
  void replay();

  Context& context_;
  const IrcFraming framing_;
  OutboxSender output_;
  std::string_view host_;
  std::string nick_ = "*";
  std::unique_ptr<Entering> entering_;
  unsigned caps_ = 0;
  bool registered_ = false;
  bool over_ = false;
  bool behind_ = false;
  std::uint64_t commands_ = 0;
  std::uint64_t batches_ = 0;
  std::vector<Waiting> waiting_;
  std::vector<Replay> replays_;
  chat::Session session_;
  StopList::Entry entry_;
};

}  // namespace loquat::doors
