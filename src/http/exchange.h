// exchange.h - the buffers of one request in progress, lent to a connection while it is not idle.
//
//   1. A connection holds an Exchange from the first byte of a request to the last of its response, and none when idle.
//   2. Buffers keep their capacity for the next request, of any connection, up to `max_kept` bytes.
//   3. A pool belongs to one worker. It has a lock because plain threads share the first worker's pool.
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

// Bytes received and not consumed yet.
class Input {
 public:
  static constexpr std::size_t usual_capacity = 16 * 1024;

  std::string_view view() const noexcept { return {bytes_.get() + begin_, end_ - begin_}; }
  bool empty() const noexcept { return begin_ == end_; }
  void consume(std::size_t size) noexcept { begin_ += size; }
  void clear() noexcept { begin_ = end_ = 0; }
  // Replaces the bytes by `text`.
  void assign(std::string_view text);
  // Room for the next bytes. Call it only when empty: views into the old bytes end here.
  std::span<char> room() noexcept;
  void received(std::size_t size) noexcept { end_ = size; }
  // Frees memory beyond the usual capacity.
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
  // Prepares it for the pool. False if its parser is in the middle of a request: it cannot be reused.
  bool tidy() noexcept;

  codec::RequestParser parser;
  Input input;
  std::string output;                // to be sent
  std::string fields;                // field lines of the handler
  std::string content_type;          // empty: none
  std::string body;                  // gathered by Request::body()
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
  static constexpr std::size_t max_spare = 64;  // in the pool

  sched::SpinLock lock_;
  Exchange* free_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace loquat::http
