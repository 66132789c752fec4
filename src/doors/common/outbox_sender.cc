#include "doors/common/outbox_sender.h"

#include <utility>
#include <vector>

#include "loquat/error.h"

namespace loquat::doors {
namespace {

constexpr Duration linger = std::chrono::seconds(2);

}  // namespace

OutboxSender::OutboxSender(Senders& senders, Link& link, const chat::Buffer& farewell, chat::OutboxBounds bounds)
    : senders_(senders), link_(link), outbox_(bounds) {
  outbox_.set_farewell(farewell);
}

OutboxSender::~OutboxSender() {
  if (queued_) senders_.remove(*this);
  give_up();
}

bool OutboxSender::push(chat::Buffer data, TimePoint time) {
  const bool taken = outbox_.push(std::move(data), time);
  wake();
  return taken;
}

void OutboxSender::fill(chat::Outbox::Gap gap, chat::Buffer data) {
  outbox_.fill(gap, std::move(data));
  wake();
}

void OutboxSender::close() {
  if (std::exchange(closed_, true)) return;
  outbox_.close();
  wake();
}

void OutboxSender::drain(Duration time) {
  reader_done_.set();
  close();
  if (queued_) {
    senders_.remove(*this);
    start();
  }
  const Fiber<> fiber = fiber_;
  if (!fiber || fiber.join_for(time)) return;
  link_.cut();
  give_up();
}

void OutboxSender::give_up() {
  const Fiber<> fiber = fiber_;
  if (!fiber) return;
  const CancelShield shield;
  fiber.cancel();
  fiber.join();
}

void OutboxSender::wake() {
  if (queued_ || running_ || done_) return;
  if (outbox_.bytes() == 0 && !closed_ && !outbox_.broken()) return;
  queued_ = true;
  senders_.add(*this);
}

void OutboxSender::start() {
  queued_ = false;
  fiber_ = spawn([this] { run(); });
  running_ = true;  // not if there is no memory for a fiber
}

void OutboxSender::run() {
  struct End {
    OutboxSender& sender;
    ~End() {
      sender.running_ = false;
      sender.fiber_ = {};  // an idle client does not keep the ended fiber's block
    }
  } end{*this};
  try {
    send_all();
  } catch (const OSError&) {
    done_ = failed_ = true;
    outbox_.close();
    link_.cut();
  }
}

void OutboxSender::send_all() {
  for (std::vector<std::string_view> pieces; outbox_.bytes() > 0 || closed_ || outbox_.broken(); outbox_.sent()) {
    if (outbox_.next(pieces)) {
      link_.send(pieces);
      continue;
    }
    done_ = true;
    link_.finish();
    if (!reader_done_.wait_for(linger)) link_.cut();
    return;
  }
}

}  // namespace loquat::doors
