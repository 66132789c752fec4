#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "codec/network/segment.h"
#include "codec/text/hex.h"
#include "loquat/error.h"
#include "microscope/own_connection.h"
#include "wire/text/json_writer.h"
#include "wire/text/texts.h"
#include "wire/trace/trace.h"

namespace loquat::microscope {
namespace {

using namespace wire;

double rounded_ms(Duration time) {
  return std::round(std::chrono::duration<double, std::milli>(time).count() * 1e3) / 1e3;
}

void put_options(JsonObject json, const codec::TcpOptions& options) {
  if (options.mss) json.put("mss", *options.mss);
  if (options.window_scale) json.put("ws", *options.window_scale);
  json.put("sackok", options.sack_permitted);
  if (options.timestamps) json.put("tsval", options.timestamps->value).put("tsecr", options.timestamps->echo);
}

void put_captured_syn(JsonObject json, const OwnConnection& mine, const codec::Segment& syn) {
  json.put("dir", "c>s").array("flags").add("SYN");
  json.put("seq_raw", syn.seq).put("win_raw", syn.window).put("source", "captured");
  put_options(json.object("opts"), syn.options);
  json.put("link", static_cast<int>(mine.syn_link())).put("bytes", codec::to_hex(mine.syn()));
}

void put_inferred(JsonObject json, std::string_view direction, std::initializer_list<const char*> flags,
                  const Text& why) {
  json.put("dir", direction);
  {
    JsonArray names = json.array("flags");
    for (const char* flag : flags) names.add(flag);
  }
  json.put("source", "inferred").put("why", why);
}

void put_handshake(JsonArray segments, const OwnConnection& mine) {
  if (auto syn = codec::find_segment(mine.syn(), mine.syn_link()))
    put_captured_syn(segments.object(), mine, *syn);
  else
    put_inferred(segments.object(), "c>s", {"SYN"}, texts::syn_not_kept);
  put_inferred(segments.object(), "s>c", {"SYN", "ACK"}, texts::syn_ack_was_sent);
  put_inferred(segments.object(), "c>s", {"ACK"}, texts::last_ack_came);
}

// Appends one fact after the other to a list of facts.
class FactWriter {
 public:
  FactWriter(JsonArray& list, Source source) : list_(list), source_(source) {}

  template <class Value>
  void add(std::string_view id, const Value& value, std::string_view unit, const Text& label) const {
    list_.object()
        .put("name", id)
        .put("value", value)
        .put("unit", unit)
        .put("source", name(source_))
        .put("label", label);
  }
  void add(std::string_view id, Duration time, const Text& label) const { add(id, rounded_ms(time), "ms", label); }

 private:
  JsonArray& list_;
  Source source_;
};

void add_agreed(FactWriter facts, const kernel::TcpInfo& info) {
  facts.add("send_mss", info.send_mss, "byte", texts::send_mss);
  facts.add("path_mtu", info.path_mtu, "byte", texts::path_mtu);
  facts.add("timestamps", info.timestamps, "", texts::timestamps);
  facts.add("sack", info.sack, "", texts::sack);
  facts.add("ecn", info.ecn, "", texts::ecn);
  facts.add("send_scale", info.send_scale, "shift", texts::send_scale);
  facts.add("receive_scale", info.receive_scale, "shift", texts::receive_scale);
}

void add_handshake(FactWriter facts, const kernel::TcpInfo& info) {
  facts.add("handshake_rtt", info.rtt, texts::handshake_rtt);
  facts.add("synack_retrans", info.total_retrans, "segment", texts::synack_retrans);
}

void add_measured(FactWriter facts, const kernel::TcpInfo& info) {
  facts.add("rtt", info.rtt, texts::rtt);
  facts.add("rttvar", info.rttvar, texts::rttvar);
  facts.add("min_rtt", info.min_rtt, texts::min_rtt);
  facts.add("rto", info.rto, texts::rto);
  facts.add("congestion_window", info.congestion_window, "segment", texts::congestion_window);
  facts.add("send_window", info.send_window, "byte", texts::send_window);
  facts.add("bytes_sent", info.bytes_sent, "byte", texts::bytes_sent);
  facts.add("bytes_received", info.bytes_received, "byte", texts::bytes_received);
  facts.add("total_retrans", info.total_retrans, "segment", texts::total_retrans);
}

State state_at(kernel::SockDiag& diag, const Address& local, const Address& remote) {
  auto found = diag.exact(local, remote);
  if (!found || found->state == State::listen) return State::closed;
  return found->state;
}

void put_state(JsonObject json, std::string_view state, std::string_view source) {
  json.put("state", state).put("source", source);
}

void put_states(JsonObject json, const OwnConnection& mine) {
  try {
    kernel::SockDiag diag;
    const State server = state_at(diag, mine.local(), mine.remote());
    // The client's end can be looked at only if it is on this machine.
    const State client = state_at(diag, mine.remote(), mine.local());
    const State likely = server == State::established ? State::established : State::unknown;
    const bool here = client != State::closed;
    put_state(json.object("server"), name(server), "kernel");
    put_state(json.object("client"), name(here ? client : likely), here ? "kernel" : "inferred");
  } catch (const OSError& e) {  // a kernel without sock_diag, a container that denies it
    put_state(json.object("server"), "?", "inferred");
    put_state(json.object("client"), "?", "inferred");
    json.put("error", e.what());
  }
}

}  // namespace

std::string OwnConnection::json(const Socket* socket, bool early) const {
  return json_object([&](JsonObject& json) {
    json.put("type", "connection").put("local", local_.str()).put("remote", remote_.str());
    put_handshake(json.array("segments"), *this);
    {
      JsonArray list = json.array("facts");
      const FactWriter reported(list, Source::reported), own(list, Source::kernel);
      add_agreed(reported, at_accept_);
      if (early) add_handshake(reported, at_accept_);
      own.add("syn_kept", !syn_.empty(), "", texts::syn_kept);
      if (early) own.add("age", Clock::now() - accepted_, texts::age);
      if (socket != nullptr) add_measured(reported, tcp_info_of(*socket));
    }
    put_states(json.object("state"), *this);
  });
}

}  // namespace loquat::microscope
