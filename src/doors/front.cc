#include "doors/front.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>

#include "codec/http1/write.h"
#include "codec/network/proxy_header.h"
#include "doors/irc/door.h"
#include "doors/text/door.h"
#include "doors/text/piece_reader.h"
#include "doors/visits.h"
#include "http/date.h"
#include "loquat/fiber.h"
#include "net/closing.h"

namespace loquat::doors {

using codec::Door;
using codec::Sniffed;

namespace {

constexpr std::size_t first_read_size = 4096;
constexpr int max_unsent = 128 * 1024;
constexpr int max_unanswered = 120'000;  // ms: with bytes under way keep-alive is silent, and TCP would try for 15 min

// A fatal alert, handshake_failure: there is no TLS here. Source: RFC 8446 s.6.
constexpr std::string_view tls_alert("\x15\x03\x01\x00\x02\x02\x28", 7);

std::string refusal(const Sniffed& who) {
  const std::string body = std::to_string(who.status) + " " + std::string(codec::http_reason(who.status)) + "\n";
  std::string answer;
  codec::HttpWriter writer(answer, who.status);
  http::append_date(answer);
  writer.field("Content-Type", "text/plain; charset=utf-8")
      .field("Content-Length", body.size())
      .field("Connection", "close")
      .end();
  return answer + body;
}

// For whoever looks at it: a person whose terminal sent an arrow key, or who tries another protocol by hand.
std::string farewell(const Sniffed& who) {
  return "* This is a chat, and what came looks like: " + std::string(who.reason) + ". Goodbye.\n";
}

// Gives a listener the options that its connections inherit (front.h, "Kernel"), or a connection that has not inherited
// them because it came before. Nothing for Unix sockets.
void set_options(Socket& socket) {
  if (socket.getsockopt(SOL_SOCKET, SO_DOMAIN) == AF_UNIX ||
      socket.getsockopt(IPPROTO_TCP, TCP_NOTSENT_LOWAT) == max_unsent)
    return;
  socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);
  socket.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1);
  socket.setsockopt(IPPROTO_TCP, TCP_KEEPIDLE, 60);
  socket.setsockopt(IPPROTO_TCP, TCP_KEEPINTVL, 15);
  socket.setsockopt(IPPROTO_TCP, TCP_KEEPCNT, 4);
  socket.setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, max_unanswered);
  socket.setsockopt(IPPROTO_TCP, TCP_NOTSENT_LOWAT, max_unsent);
}

}  // namespace

Front::Front(Context& context, http::Server& web)
    : context_(context), web_(web), visits_(std::make_unique<Visits>(context, web)) {}

Front::~Front() {
  const CancelShield shield;
  stop({});
  close_all();
  visits_->wait_empty(Duration::max());
}

std::size_t Front::connections() const noexcept { return visits_->open(); }

Address Front::serve(std::vector<Socket> listeners) {
  for (Socket& listener : listeners) set_options(listener);
  StreamServerOptions options;
  options.max_connections = static_cast<std::size_t>(-1);  // Visits limits them
  options.name = "front";
  options.log = context_.sink;
  StreamServer& added = servers_.emplace_back(
      std::move(listeners), [this](Socket& accepted, const Address&) { connection(std::move(accepted)); }, options);
  added.start();
  return added.address();
}

void Front::connection(Socket socket) {
  Visit visit(*visits_, std::move(socket));
  if (!visit.admitted()) {
    ++context_.counters.refused;
    return;
  }
  try {
    set_options(visit.socket());
    decide(visit);
  } catch (const OSError&) {
    // The peer has gone.
  }
}

// --- Who is there? -------------------------------------------------------------------------------------------------

void Front::decide(Visit& visit) {
  std::string bytes;
  PieceClock clock;
  const TimePoint deadline = deadline_after(now(), context_.options.undecided_timeout);
  bool asked = true;  // what end_of_piece would change
  bool secured = false;
  for (Sniffed who; now() < deadline;) {
    const Duration rest = deadline - now();
    if (visit.socket().wait_readable(asked ? rest : std::min(rest, clock.pause()))) {
      const std::string part = visit.socket().recv(first_read_size);
      if (part.empty() && bytes.empty()) return;
      bytes += part;
      clock.feed(part);
      asked = part.empty();
      const Proxied proxied = secured ? Proxied::no : hear_proxy(visit, bytes);
      if (proxied == Proxied::refused) return;
      if (proxied == Proxied::unfinished) asked = true;
      if (proxied == Proxied::no) who = codec::sniff(bytes, part.empty());
      if (part.empty() && who.door == Door::undecided) who = {Door::refuse, 0, "half a message"};
    } else if (!std::exchange(asked, true)) {
      who = codec::sniff(bytes, true);
    }
    if (who.door == Door::undecided) continue;
    if (visit.is_decided() || visits_->stopping()) return;  // it has had to go
    if (who.door == Door::tls && !secured && context_.tls.get()) {
      if (!secure(visit, std::exchange(bytes, {}))) return;
      secured = asked = true;
      continue;
    }
    visit.decided();
    return open_door(visit, who, std::move(bytes));
  }
}

// A PROXY header comes before all else; it is taken off the front of `bytes`. Unfinished: it may still become one.
Front::Proxied Front::hear_proxy(Visit& visit, std::string& bytes) {
  if (visit.told_client() != nullptr) return Proxied::no;
  if (!visit.from_proxy()) {
    if (!codec::begins_proxy_header(bytes)) return Proxied::no;
    refuse_proxy(visit, "PROXY protocol from an address that is no --trusted-proxy");
    return Proxied::refused;
  }
  const codec::ProxyHeader header = codec::read_proxy_header(bytes);
  switch (header.kind) {
    case codec::ProxyHeader::Kind::none:
      return Proxied::no;
    case codec::ProxyHeader::Kind::unfinished:
      return Proxied::unfinished;
    case codec::ProxyHeader::Kind::malformed:
      refuse_proxy(visit, header.reason);
      return Proxied::refused;
    case codec::ProxyHeader::Kind::whole:
      break;
  }
  bytes.erase(0, header.size);
  if (visit.proxied(header.source)) return Proxied::no;
  ++context_.counters.refused;
  return Proxied::refused;
}

// Strangers may do this as often as they like, but an operator who has forgotten an option must find out: the first one
// is a warning. What a trusted proxy does wrong is one each time.
void Front::refuse_proxy(Visit& visit, std::string_view reason) {
  const bool loud = visit.from_proxy() || !proxy_refused_.exchange(true);
  log_refusal(visit, reason, loud ? LogLevel::warning : LogLevel::debug);
  visit.decided();
  ++context_.counters.refused;
  send_refusal(visit, {Door::refuse, 0, "PROXY protocol"});
}

// Puts TLS on the connection and makes the handshake. False: it has failed.
bool Front::secure(Visit& visit, std::string first_bytes) {
  WrapOptions options;
  options.server_side = true;
  options.do_handshake_on_connect = false;
  options.already_read = std::move(first_bytes);
  visit.socket() = context_.tls.get()->wrap_socket(std::move(visit.socket()), std::move(options));
  ++context_.counters.tls;
  try {
    if (visit.socket().wait_writable(context_.options.handshake_timeout)) return true;
    log_refusal(visit, "no TLS handshake in time");
  } catch (const SSLError& error) {
    log_refusal(visit, error.reason());
  }
  ++context_.counters.tls_failed;
  return false;
}

void Front::log_refusal(const Visit& visit, std::string_view reason, LogLevel level) const {
  if (context_.sink == nullptr) return;
  write_log(context_.sink, level, "front: " + visit.origin() + " is refused: " + std::string(reason));
}

void Front::open_door(Visit& visit, Sniffed who, std::string first_bytes) {
  Counters& counters = context_.counters;
  switch (who.door) {
    case Door::text:
      ++counters.text;
      return text_door(context_, visit.socket(), visit.address(), std::move(first_bytes));
    case Door::irc:
      return irc_door(context_, visit.socket(), visit.address(), std::move(first_bytes));
    case Door::http:
      ++counters.http;
      return web_.serve_connection(visit.socket(), std::move(first_bytes), visit.told_client());
    case Door::tls:
      who = {Door::tls, 0, "TLS, which is not served here"};
      break;
    default:
      break;
  }
  ++counters.refused;
  log_refusal(visit, who.reason);
  send_refusal(visit, who);
}

void Front::send_refusal(Visit& visit, Sniffed who) {
  visit.socket().settimeout(std::chrono::seconds(5));
  if (who.door == Door::tls)
    visit.socket().sendall(tls_alert);
  else
    visit.socket().sendall(who.status != 0 ? refusal(who) : farewell(who));
  net::close_gently(visit.socket());
}

// --- The end -------------------------------------------------------------------------------------------------------

void Front::stop(std::string_view reason) {
  if (!visits_->stop()) return;
  const CancelShield shield;
  for (StreamServer& each : servers_) each.close();
  web_.stop();
  context_.stop_list.stop_all(reason);
  visits_->on_each_worker([this] { visits_->shut_down(false); });
}

bool Front::wait_stopped(Duration timeout) {
  if (visits_->wait_empty(timeout)) return true;
  close_all();
  visits_->wait_empty(std::chrono::seconds(1));
  return false;
}

void Front::close_all() {
  visits_->on_each_worker([this] { visits_->shut_down(true); });
}

}  // namespace loquat::doors
