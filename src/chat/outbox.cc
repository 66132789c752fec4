#include "chat/outbox.h"

#include <algorithm>

#include "loquat/fiber.h"

namespace loquat::chat {
namespace {

constexpr std::size_t max_bytes = 64 * 1024;  // of one send
constexpr std::size_t max_pieces = 256;

}  // namespace

bool Outbox::push(Buffer data) { return push(std::move(data), loquat::now()); }

bool Outbox::push(Buffer data, TimePoint time) {
  if (closed_ || broken_) return false;
  if (data->empty()) return true;
  const bool late = head_ < items_.size() && time - items_[head_].time > bounds_.age;
  if (late || (bytes_ > 0 && bytes_ + data->size() > bounds_.bytes)) {
    fall_behind();
    return false;
  }
  bytes_ += data->size();
  items_.push_back({std::move(data), time, false});
  if (items_.size() - head_ == handed_out_ + 1) ready_.set();
  return true;
}

// Keeps what the sender has taken, adds the farewell, and accepts nothing more.
void Outbox::fall_behind() {
  broken_ = true;
  const std::size_t kept = head_ + handed_out_;
  for (std::size_t i = kept; i < items_.size(); ++i) {
    if (items_[i].data) bytes_ -= items_[i].data->size();
  }
  items_.resize(kept);
  if (farewell_ && !farewell_->empty()) {
    bytes_ += farewell_->size();
    items_.push_back({farewell_, loquat::now(), false});
  }
  ready_.set();
  drained_.set();
}

Outbox::Gap Outbox::gap() {
  const Gap number = popped_ + items_.size();
  if (!closed_ && !broken_) items_.push_back({nullptr, loquat::now(), true});
  return number;
}

void Outbox::fill(Gap gap, Buffer data) {
  const std::uint64_t index = gap - popped_;
  if (gap < popped_ || index >= items_.size() || !items_[index].gap) return;  // dropped when the outbox broke
  items_[index].gap = false;
  items_[index].data = std::move(data);
  items_[index].time = loquat::now();
  if (items_[index].data) bytes_ += items_[index].data->size();
  ready_.set();
}

void Outbox::close() {
  closed_ = true;
  ready_.set();
  drained_.set();
}

bool Outbox::wait_below(std::size_t bytes) {
  while (!closed_ && !broken_ && bytes_ > bytes) {
    drained_.clear();
    drained_.wait();
  }
  return !closed_ && !broken_;
}

bool Outbox::next(std::vector<std::string_view>& pieces) {
  for (;;) {
    pieces.clear();
    std::size_t bytes = 0, taken = 0;
    for (std::size_t i = head_; i < items_.size() && !items_[i].gap && pieces.size() < max_pieces; ++i, ++taken) {
      const Buffer& data = items_[i].data;
      if (!data || data->empty()) continue;
      if (bytes > 0 && bytes + data->size() > max_bytes) break;
      bytes += data->size();
      pieces.push_back(*data);
    }
    handed_out_ = taken;
    if (!pieces.empty()) return true;
    sent();  // empty ones
    if (head_ == items_.size() && (closed_ || broken_)) return false;
    ready_.clear();
    ready_.wait();
  }
}

void Outbox::sent() {
  for (; handed_out_ > 0; --handed_out_, ++head_) {
    if (items_[head_].data) bytes_ -= items_[head_].data->size();
    items_[head_].data.reset();
  }
  compact();
  if (!drained_.is_set()) drained_.set();
}

// Forgets what has been sent, so that an idle connection holds next to nothing.
void Outbox::compact() {
  if (head_ < items_.size() && head_ < 1024) return;
  popped_ += head_;
  items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
  head_ = 0;
  if (items_.empty() && items_.capacity() > 0) items_.shrink_to_fit();
}

}  // namespace loquat::chat
