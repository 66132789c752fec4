// The request's side of a Connection, and the public Request on top of it.
#include <algorithm>

#include "codec/text/url.h"
#include "http/connection.h"
#include "loquat/fiber.h"

namespace loquat::http {

std::span<const HeaderField> Connection::headers() {
  if (exchange_ == nullptr) return {};
  std::vector<HeaderField>& out = exchange_->headers;
  out.clear();
  for (const codec::HttpField& field : exchange_->parser.request().fields()) out.push_back({field.name, field.value});
  return out;
}

// The next piece of the body from the bytes received. Empty: more must arrive, or the body is complete.
std::string_view Connection::feed_body() {
  if (turn_.body_done) return {};
  const codec::HttpStep step = exchange_->parser.feed(exchange_->input.view());
  exchange_->input.consume(step.consumed);
  if (step.event == codec::HttpEvent::complete) turn_.body_done = true;
  if (step.event == codec::HttpEvent::error) {
    turn_.body_broken = true;
    throw Error(step.status, std::string(step.reason));
  }
  return step.event == codec::HttpEvent::body ? step.data : std::string_view();
}

// Waits for more of the body.
void Connection::fetch_body() {
  if (turn_.continue_due && !turn_.started) exchange_->output += "HTTP/1.1 100 Continue\r\n\r\n";
  turn_.continue_due = false;
  const TimePoint before = now();
  const Got got = turn_.budget > Duration::zero() ? receive_more(turn_.budget) : Got::timeout;
  turn_.budget = std::max(turn_.budget - (now() - before), Duration::zero());
  if (got == Got::bytes) {
    const auto size = static_cast<Duration::rep>(exchange_->input.view().size());
    const Duration more = std::chrono::seconds(size) / std::max<std::size_t>(server_.options.min_rate, 1);
    turn_.budget += std::min(more, Duration::max() - turn_.budget);
    return;
  }
  turn_.body_broken = true;
  if (got == Got::end) throw Error(400, "the body ended early");
  throw Error(408, "the body did not come in time");
}

std::string_view Connection::next_piece() {
  if (exchange_ == nullptr || turn_.body_broken) return {};
  for (;;) {
    const std::string_view piece = feed_body();
    if (!piece.empty() || turn_.body_done) return piece;
    fetch_body();
  }
}

std::string_view Connection::whole_body() {
  if (exchange_ == nullptr) return {};
  if (turn_.body_whole) return turn_.body;
  if (exchange_->parser.request().content_length() > server_.options.max_body)
    throw Error(413, "the body is too large");
  gather_body();
  turn_.body_whole = true;
  return turn_.body;
}

// A body that arrived in one piece is not copied.
void Connection::gather_body() {
  const std::string_view first = next_piece();
  const std::string_view second = feed_body();
  if (turn_.body_done && second.empty() && first.size() <= server_.options.max_body) {
    turn_.body = first;
    return;
  }
  std::string& body = exchange_->body;
  body.assign(first).append(second);
  while (!turn_.body_done && body.size() <= server_.options.max_body) body += next_piece();
  if (body.size() > server_.options.max_body) throw Error(413, "the body is too large");
  turn_.body = body;
}

// --- Request -------------------------------------------------------------------------------------------------------

std::string_view Request::method() const noexcept {
  const auto* head = connection_.request();
  return head != nullptr ? head->method() : std::string_view();
}

std::string_view Request::target() const noexcept {
  const auto* head = connection_.request();
  return head != nullptr ? head->target() : std::string_view();
}

std::string_view Request::path() const noexcept {
  const auto* head = connection_.request();
  return head != nullptr ? head->path() : std::string_view();
}

std::string_view Request::query() const noexcept {
  const auto* head = connection_.request();
  return head != nullptr ? head->query() : std::string_view();
}

std::string_view Request::host() const noexcept {
  const auto* head = connection_.request();
  return head != nullptr ? head->authority() : std::string_view();
}

int Request::version() const noexcept {
  const auto* head = connection_.request();
  return head != nullptr ? 10 + head->minor() : 11;
}

std::string_view Request::header(std::string_view name) const noexcept {
  const auto* head = connection_.request();
  return head != nullptr ? head->get(name) : std::string_view();
}

bool Request::has_header(std::string_view name) const noexcept {
  const auto* head = connection_.request();
  return head != nullptr && head->find(name).has_value();
}

bool Request::header_has(std::string_view name, std::string_view token) const noexcept {
  const auto* head = connection_.request();
  return head != nullptr && head->has_token(name, token);
}

std::span<const HeaderField> Request::headers() const { return connection_.headers(); }

std::optional<std::string> Request::arg(std::string_view name) const { return codec::query_value(query(), name); }

std::string_view Request::body() { return connection_.whole_body(); }

std::string_view Request::read_chunk() { return connection_.next_piece(); }

Address Request::client() const {
  const Address* told = connection_.told_client();
  return told != nullptr ? *told : connection_.socket().getpeername();
}

Socket& Request::socket() const noexcept { return connection_.socket(); }

}  // namespace loquat::http
