#include "http/exchange.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace loquat::http {
namespace {

void trim_string(std::string& text) noexcept {
  text.clear();
  if (text.capacity() > Exchange::max_kept) std::string().swap(text);
}

}  // namespace

void Input::grow(std::size_t capacity) {
  bytes_.reset(new char[capacity]);
  capacity_ = capacity;
}

void Input::assign(std::string_view text) {
  if (text.size() > capacity_) grow(std::max(text.size(), usual_capacity));
  std::memcpy(bytes_.get(), text.data(), text.size());
  begin_ = 0;
  end_ = text.size();
}

std::span<char> Input::room() noexcept {
  if (capacity_ == 0) grow(usual_capacity);
  clear();
  return {bytes_.get(), capacity_};
}

void Input::trim() noexcept {
  clear();
  if (capacity_ <= usual_capacity) return;
  bytes_.reset();
  capacity_ = 0;
}

bool Exchange::tidy() noexcept {
  input.trim();
  trim_string(output);
  trim_string(fields);
  trim_string(content_type);
  trim_string(body);
  headers.clear();
  (void)parser.feed({});  // the parser drops a finished request when the next begins
  return parser.idle();
}

ExchangePool::~ExchangePool() {
  while (free_ != nullptr) delete std::exchange(free_, free_->next);
}

Exchange* ExchangePool::acquire(const codec::HttpLimits& limits) {
  {
    sched::SpinGuard guard(lock_);
    if (free_ != nullptr) {
      --size_;
      return std::exchange(free_, free_->next);
    }
  }
  return new Exchange(limits);
}

void ExchangePool::release(Exchange* exchange) noexcept {
  if (exchange == nullptr) return;
  if (exchange->tidy()) {
    sched::SpinGuard guard(lock_);
    if (size_ < max_spare) {
      ++size_;
      exchange->next = std::exchange(free_, exchange);
      return;
    }
  }
  delete exchange;
}

}  // namespace loquat::http
