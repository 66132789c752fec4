#include "doors/irc/output.h"

#include "loquat/error.h"

namespace loquat::doors {
namespace {

std::string framed(IrcFraming framing, const std::vector<std::string>& lines) {
  std::string bytes;
  for (const std::string& line : lines) append_framed(bytes, framing, line);
  return bytes;
}

// For a client that fell too far behind; one buffer for all.
const chat::Buffer& farewell(IrcFraming framing) {
  const auto make = [](IrcFraming one) {
    return chat::buffer(framed(one, {"ERROR :Closing link: you fell too far behind in reading"}));
  };
  static const chat::Buffer buffers[] = {make(IrcFraming::tcp), make(IrcFraming::web_text),
                                         make(IrcFraming::web_binary)};
  return buffers[static_cast<unsigned>(framing)];
}

}  // namespace

IrcOutput::IrcOutput(Senders& senders, IrcLink& link, IrcFraming framing)
    : senders_(senders), link_(link), framing_(framing) {
  outbox_.set_farewell(farewell(framing));
}

IrcOutput::~IrcOutput() {
  const CancelShield shield;
  if (queued_) senders_.remove(*this);
  if (!sender_) return;
  sender_.cancel();
  sender_.join();
}

bool IrcOutput::push(chat::Buffer data, TimePoint time) {
  const bool taken = outbox_.push(std::move(data), time);
  wake();
  return taken;
}

bool IrcOutput::push(const std::vector<std::string>& lines) {
  return lines.empty() || push(chat::buffer(framed(framing_, lines)), now());
}

void IrcOutput::fill(chat::Outbox::Gap gap, const std::vector<std::string>& lines) {
  outbox_.fill(gap, lines.empty() ? nullptr : chat::buffer(framed(framing_, lines)));
  wake();
}

void IrcOutput::close() {
  if (closed_) return;
  closed_ = true;
  outbox_.close();
  wake();
}

void IrcOutput::drain() {
  peer_gone_.set();
  close();
  if (queued_) {
    senders_.remove(*this);
    start();
  }
  const Fiber<> sender = sender_;
  if (sender) sender.join();
}

void IrcOutput::wake() {
  if (queued_ || sending_ || done_) return;
  if (outbox_.bytes() == 0 && !closed_ && !outbox_.broken()) return;
  queued_ = true;
  senders_.add(*this);
}

void IrcOutput::start() {
  queued_ = false;
  sending_ = true;
  sender_ = spawn([this] { send_all(); });
}

// The sender.
void IrcOutput::send_all() {
  struct Sending {
    IrcOutput& output;
    ~Sending() {
      output.sending_ = false;
      output.sender_ = {};  // an idle client does not keep the ended fiber's block
    }
  } sending{*this};
  try {
    for (std::vector<std::string_view> pieces; outbox_.bytes() > 0 || closed_ || outbox_.broken(); outbox_.sent()) {
      if (outbox_.next(pieces)) {
        link_.send(pieces);
        continue;
      }
      done_ = true;
      link_.finish();
      if (!peer_gone_.wait_for(linger)) link_.cut();
      return;
    }
  } catch (const OSError&) {
    done_ = true;
    outbox_.close();
    link_.cut();
  }
}

}  // namespace loquat::doors
