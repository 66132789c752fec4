// exchange.h - the buffers of one request in progress, lent to a connection while it is not idle.
//
//   1. A connection holds an Exchange from the first byte of a request to the last of its answer, and none in between.
//   2. Buffers keep their capacity from one request to the next, whoever's, but not beyond `max_kept` bytes.
//   3. A pool belongs to one worker; the lock is for plain threads, which share the first worker's.
//
// Layer: http.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/http1/request.h"
#include "loquat/detail/wait.h"
#include "loquat/http.h"

namespace loquat::http {

// Bytes that were received and not yet taken.
class Input {
 public:
  static constexpr std::size_t usual_capacity = 16 * 1024;

  std::string_view view() const noexcept { return {bytes_.get() + begin_, end_ - begin_}; }
  bool empty() const noexcept { return begin_ == end_; }
  void consume(std::size_t size) noexcept { begin_ += size; }
  void clear() noexcept { begin_ = end_ = 0; }
  // Puts `text` in place of what is there.
  void assign(std::string_view text);
  // Where the next bytes go; only when empty, so that views into the old ones end here.
  std::span<char> room() noexcept;
  void received(std::size_t size) noexcept { end_ = size; }
  // Gives memory back that an unusual request took.
  void trim() noexcept;

 private:
  void grow(std::size_t capacity);

  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

struct Exchange {
  static constexpr std::size_t max_kept = 64 * 1024;

  explicit Exchange(const codec::HttpLimits& limits) : parser(limits) {}
  // Makes it fit to be kept. False if its parser is in the middle of a request, so that it has to go.
  bool tidy() noexcept;

  codec::RequestParser parser;
  Input input;
  std::string output;                // what waits to be sent
  std::string fields;                // lines that the handler added
  std::string content_type;          // empty: none
  std::string body;                  // what Request::body() put together
  std::vector<HeaderField> headers;  // Request::headers()
  Exchange* next = nullptr;          // in the pool
};

class ExchangePool {
 public:
  ExchangePool() = default;
  ~ExchangePool();
  ExchangePool(const ExchangePool&) = delete;
  ExchangePool& operator=(const ExchangePool&) = delete;

  Exchange* acquire(const codec::HttpLimits& limits);
  void release(Exchange* exchange) noexcept;

 private:
  static constexpr std::size_t max_spare = 64;  // spare ones

  sched::SpinLock lock_;
  Exchange* free_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace loquat::http
