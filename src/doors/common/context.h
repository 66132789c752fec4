// context.h - what all doors share: the log, the options, and the counters for /metrics.
//
//   Threads   One Context for all workers. Options do not change after the start; counters are atomic.
//   Lifetime  The context outlives every connection.
//
// Layer: doors (docs/layers.txt).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "chat/log.h"
#include "doors/common/flood.h"
#include "doors/common/resumes.h"
#include "doors/common/senders.h"
#include "doors/common/stop_list.h"
#include "doors/peers/places.h"
#include "doors/peers/trusted_proxies.h"
#include "loquat/log.h"
#include "loquat/time.h"
#include "loquat/tls.h"

namespace loquat {

class Detector;

namespace doors {

struct Options {
  std::string server_name = "loquat";    // IRC's server name and the NETWORK
  std::string version = "0.0";           // as clients are told
  std::string lobby = "#lobby";          // everyone's first room
  std::string operator_key;              // makes its holder an operator; empty: there are no operators
  std::vector<std::string> hosts;        // that HTTP accepts as Host, beside IP literals and localhost; and their pages
  std::vector<std::string> origins;      // further pages that may open a WebSocket: "https://example.org:8443"
  TrustedProxies trusted_proxies;        // whose word about their clients counts
  std::size_t history_lines = 20;        // of a room that a newcomer is shown, at most
  bool replay = true;                    // show them; if not, clients have to ask for them
  std::size_t max_connections = 15'000;  // in all
  std::size_t max_per_address = 5'000;   // of one peer that is not loopback
  std::size_t max_undecided = 2'000;     // whose protocol is not known yet
  Duration undecided_timeout = std::chrono::seconds(60);
  Duration handshake_timeout = std::chrono::seconds(15);     // of TLS
  Duration registration_timeout = std::chrono::seconds(60);  // of IRC, from its first line
  Duration ping_interval = std::chrono::seconds(120);
  Duration ping_timeout = std::chrono::seconds(60);
  std::size_t max_history_reads = 100;  // lines of one CHATHISTORY
  std::size_t flood_burst = 20;         // lines that a client may send at once (flood.h says which count),
  std::size_t flood_rate = 2;           // and per second after that; a faster client is read more slowly; 0: no limit
};

// The certificate for new TLS connections. While there is none, TLS is refused.
class ServedTls {
 public:
  void set(SSLContext context) {
    const std::lock_guard lock(mutex_);
    context_ = std::move(context);
  }
  std::optional<SSLContext> get() const {
    const std::lock_guard lock(mutex_);
    return context_;
  }

 private:
  mutable std::mutex mutex_;
  std::optional<SSLContext> context_;
};

struct Counters {
  std::atomic<std::uint64_t> connections{0}, open{0};
  std::atomic<std::uint64_t> text{0}, irc{0}, http{0}, websocket{0}, tls{0}, tls_failed{0}, refused{0};
  std::atomic<std::uint64_t> fell_behind{0}, floods_slowed{0};
};

struct Context {
  chat::Log& log;
  Options options;
  LogSink* sink = nullptr;  // may be nullptr
  Counters counters{};
  StopList stop_list{};  // told when the server stops
  ServedTls tls{};
  Senders senders{};  // connections with something to send
  Places places{};    // connections by address
  AddressPaces address_paces{};
  Resumes resumes{};                   // how lost clients prove who they were
  const Detector* detector = nullptr;  // may be nullptr
};

}  // namespace doors
}  // namespace loquat
