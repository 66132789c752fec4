// The response's side of a Connection, and the public Response on top of it.
#include <array>
#include <charconv>
#include <stdexcept>

#include "codec/http1/write.h"
#include "codec/text/chars.h"
#include "http/connection.h"
#include "http/date.h"

namespace loquat::http {
namespace {

constexpr std::size_t max_copied = 16 * 1024;  // smaller bodies are copied behind their head, for one send
constexpr std::size_t slice = 128 * 1024;      // bytes; write_timeout bounds each

bool is_servers_own(std::string_view name) noexcept {
  for (const std::string_view own : {"Content-Length", "Transfer-Encoding", "Connection", "Date"}) {
    if (codec::http_equal(name, own)) return true;
  }
  return false;
}

void append_field(std::string& lines, std::string_view name, std::string_view value) {
  if (!codec::is_token(name)) throw std::invalid_argument("a header name is a token");
  if (is_servers_own(name)) throw std::invalid_argument("the server writes " + std::string(name) + " itself");
  check_value(value);
  lines.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

Error& Error::content_type(std::string_view type) {
  check_value(type);
  content_type_ = type;
  return *this;
}

Error& Error::header(std::string_view name, std::string_view value) {
  if (codec::http_equal(name, "Content-Type")) return content_type(value);
  append_field(fields_, name, value);
  upgrade_ = upgrade_ || codec::http_equal(name, "Upgrade");
  return *this;
}

void check_value(std::string_view value) {
  bool bad = false;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    bad |= (byte < 0x20 && byte != '\t') || byte == 0x7f;
  }
  if (bad) throw std::invalid_argument("a header value must not hold control characters");
}

std::string& Connection::fields() {
  if (turn_.started) throw std::logic_error("the response's head is on its way already");
  return exchange_->fields;
}

std::string& Connection::content_type() {
  if (turn_.started) throw std::logic_error("the response's head is on its way already");
  return exchange_->content_type;
}

void Connection::set_status(int code) {
  if (code < 200 || code > 599) throw std::invalid_argument("a response's status is 200 to 599");
  if (turn_.started) throw std::logic_error("the response's head is on its way already");
  turn_.status = code;
}

// Whether the body of this request allows another one to follow.
bool Connection::body_can_be_skipped() const noexcept {
  if (turn_.body_done) return true;
  if (turn_.body_broken || turn_.continue_due) return false;
  return exchange_->parser.request().content_length() <= server_.options.max_unread_body;
}

// "upgrade" belongs to each Upgrade: RFC 9110 s.7.8.
void Connection::write_connection(int minor) {
  std::string& out = exchange_->output;
  const std::string_view end = !turn_.keep_alive ? "close" : minor == 0 ? "keep-alive" : "";
  const bool upgrade = turn_.upgrade;
  if (end.empty() && !upgrade) return;
  out.append("Connection: ").append(upgrade ? "upgrade" : "").append(upgrade && !end.empty() ? ", " : "");
  out.append(end).append("\r\n");
}

void Connection::write_head(std::optional<std::uint64_t> length) {
  if (turn_.started) throw std::logic_error("a request has one response");
  const codec::HttpRequest& head = exchange_->parser.request();
  const bool no_content = turn_.status == 204 || turn_.status == 304;
  turn_.bodiless = turn_.bodiless || no_content;
  turn_.chunked = !length && !turn_.bodiless && head.minor() == 1;
  turn_.keep_alive = head.keep_alive() && !turn_.close_wanted && !server_.stopping.load(std::memory_order_relaxed) &&
                     (length || turn_.chunked || turn_.bodiless) && body_can_be_skipped();
  codec::HttpWriter writer(exchange_->output, turn_.status);
  append_date(exchange_->output);
  writer.prepared(server_.server_line);
  if (!exchange_->content_type.empty() && !no_content) {
    writer.prepared("Content-Type: ").prepared(exchange_->content_type).prepared("\r\n");
  }
  writer.prepared(exchange_->fields);
  if (length && !no_content) writer.field("Content-Length", *length);
  if (turn_.chunked) writer.prepared("Transfer-Encoding: chunked\r\n");
  write_connection(head.minor());
  writer.end();
  turn_.started = true;
}

void Connection::send(std::string_view body) {
  write_head(body.size());
  turn_.finished = true;
  if (turn_.bodiless) return;
  if (body.size() <= max_copied) {
    exchange_->output += body;
  } else {
    send_large(body);
  }
}

void Connection::start(std::optional<std::uint64_t> length) {
  write_head(length);
  turn_.measured = length.has_value();
  turn_.left = length.value_or(0);
}

void Connection::write(std::string_view data) {
  if (!turn_.started || turn_.finished) throw std::logic_error("write() comes between start() and finish()");
  if (turn_.measured && data.size() > turn_.left) throw std::logic_error("the response is longer than announced");
  turn_.left -= turn_.measured ? data.size() : 0;
  if (turn_.bodiless) return;
  if (turn_.chunked && data.size() <= max_copied) {
    codec::append_chunk(exchange_->output, data);
  } else if (data.size() <= max_copied) {
    exchange_->output += data;
  } else {
    return send_large(data);
  }
  flush();
}

void Connection::finish() {
  if (!turn_.started) throw std::logic_error("finish() comes after start()");
  if (turn_.finished) return;
  if (turn_.measured && !turn_.bodiless && turn_.left != 0)
    throw std::logic_error("the response is shorter than announced");
  if (turn_.chunked) codec::append_last_chunk(exchange_->output);
  turn_.finished = true;
}

void Connection::flush() {
  if (exchange_ == nullptr || exchange_->output.empty()) return;
  const std::string_view pieces[] = {exchange_->output};
  send_now(pieces);
}

// Sends the gathered bytes and then `body`, which is not copied.
void Connection::send_large(std::string_view body) {
  for (; !body.empty(); body.remove_prefix(std::min(slice, body.size()))) {
    const std::string_view part = body.substr(0, slice);
    if (turn_.chunked) {
      char digits[16];
      const auto end = std::to_chars(digits, digits + sizeof digits, part.size(), 16).ptr;
      exchange_->output.append(digits, end).append("\r\n");
    }
    const std::array<std::string_view, 3> pieces{exchange_->output, part, turn_.chunked ? "\r\n" : ""};
    send_now(std::span(pieces).first(turn_.chunked ? 3 : 2));
  }
}

void Connection::send_now(std::span<const std::string_view> pieces) {
  try {
    if (pieces.size() == 1) {
      socket_.sendall(pieces[0]);
    } else {
      socket_.sendall(pieces);
    }
  } catch (...) {
    lost_ = true;
    throw;
  }
  exchange_->output.clear();
}

// --- Response ------------------------------------------------------------------------------------------------------

Response& Response::status(int code) {
  connection_.set_status(code);
  return *this;
}

int Response::status() const noexcept { return connection_.status(); }

Response& Response::header(std::string_view name, std::string_view value) {
  if (codec::http_equal(name, "Content-Type")) return content_type(value);
  append_field(connection_.fields(), name, value);
  if (codec::http_equal(name, "Upgrade")) connection_.announce_upgrade();
  return *this;
}

Response& Response::content_type(std::string_view type) {
  check_value(type);
  connection_.content_type() = type;
  return *this;
}

Response& Response::close_connection() {
  connection_.close_after();
  return *this;
}

void Response::send(std::string_view body) { connection_.send(body); }
void Response::start(std::optional<std::uint64_t> length) { connection_.start(length); }
void Response::write(std::string_view data) { connection_.write(data); }
void Response::finish() { connection_.finish(); }
void Response::flush() { connection_.flush(); }
bool Response::started() const noexcept { return connection_.started(); }

}  // namespace loquat::http
