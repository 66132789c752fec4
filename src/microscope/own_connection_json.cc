#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "codec/network/segment.h"
#include "codec/text/hex.h"
#include "loquat/error.h"
#include "microscope/own_connection.h"
#include "wire/text/json.h"

namespace loquat::wire {
namespace {

double rounded_ms(Duration time) {
  return std::round(std::chrono::duration<double, std::milli>(time).count() * 1e3) / 1e3;
}

Json fact(std::string_view id, Json worth, std::string_view unit, Source source, const Text& label) {
  return {{"name", id},        {"value", std::move(worth)}, {"unit", unit}, {"source", name(source)},
          {"label", label.en}, {"label_zh", label.zh}};
}

Json options_of(const codec::TcpOptions& options) {
  Json told = Json::object();
  if (options.mss) told["mss"] = *options.mss;
  if (options.window_scale) told["ws"] = *options.window_scale;
  told["sackok"] = options.sack_permitted;
  if (options.timestamps) {
    told["tsval"] = options.timestamps->value;
    told["tsecr"] = options.timestamps->echo;
  }
  return told;
}

Json captured_syn(const OwnConnection& mine, const codec::Segment& syn) {
  return {{"dir", "c>s"},
          {"flags", {"SYN"}},
          {"seq_raw", syn.seq},
          {"win_raw", syn.window},
          {"source", "captured"},
          {"opts", options_of(syn.options)},
          {"link", static_cast<int>(mine.syn_link())},
          {"bytes", codec::to_hex(mine.syn())}};
}

Json inferred(std::string_view dir, Json flags, const Text& why) {
  return {{"dir", dir}, {"flags", std::move(flags)}, {"source", "inferred"}, {"why", why.en}, {"why_zh", why.zh}};
}

Json handshake_segments(const OwnConnection& mine) {
  auto syn = codec::find_segment(mine.syn(), mine.syn_link());
  Text gone{"The kernel has not kept it.", "内核没有保存它。"};
  Text answer{"The connection exists, so this was sent; no program may see it without the right to capture.",
              "连接已经建立，所以它一定发出过；没有抓包权限的程序看不到它。"};
  Text last{"Without it accept() would not have returned.", "没有它，accept() 不会返回。"};
  return Json::array({syn ? captured_syn(mine, *syn) : inferred("c>s", {"SYN"}, gone),
                      inferred("s>c", {"SYN", "ACK"}, answer), inferred("c>s", {"ACK"}, last)});
}

Json agreed(const kernel::TcpInfo& info) {
  Source source = Source::reported;
  return Json::array(
      {fact("send_mss", info.send_mss, "byte", source, {"largest segment to you", "发给你的最大报文段"}),
       fact("path_mtu", info.path_mtu, "byte", source, {"largest packet of the path", "路径上最大的包"}),
       fact("timestamps", info.timestamps, "", source, {"timestamps", "时间戳选项"}),
       fact("sack", info.sack, "", source, {"selective acknowledgement", "选择确认"}),
       fact("ecn", info.ecn, "", source, {"congestion marks (ECN)", "显式拥塞通知 (ECN)"}),
       fact("send_scale", info.send_scale, "shift", source, {"your window's scale", "你的窗口扩大因子"}),
       fact("receive_scale", info.receive_scale, "shift", source, {"our window's scale", "我方窗口扩大因子"})});
}

void add_measured(const kernel::TcpInfo& info, Json& facts) {
  Source source = Source::reported;
  facts.push_back(fact("rtt", rounded_ms(info.rtt), "ms", source, {"round trip, smoothed", "往返时间（平滑）"}));
  facts.push_back(fact("rttvar", rounded_ms(info.rttvar), "ms", source, {"its variation", "往返时间的变化"}));
  facts.push_back(fact("min_rtt", rounded_ms(info.min_rtt), "ms", source, {"shortest round trip", "最短往返时间"}));
  facts.push_back(fact("rto", rounded_ms(info.rto), "ms", source, {"retransmission timeout", "重传超时"}));
  facts.push_back(
      fact("congestion_window", info.congestion_window, "segment", source, {"congestion window", "拥塞窗口"}));
  facts.push_back(fact("send_window", info.send_window, "byte", source, {"what you can take now", "你现在能接收多少"}));
  facts.push_back(fact("bytes_sent", info.bytes_sent, "byte", source, {"sent to you", "已发给你"}));
  facts.push_back(fact("bytes_received", info.bytes_received, "byte", source, {"received from you", "已从你收到"}));
  facts.push_back(fact("total_retrans", info.total_retrans, "segment", source, {"sent again", "重传过"}));
}

State state_at(kernel::SockDiag& diag, const Address& local, const Address& remote) {
  auto found = diag.exact(local, remote);
  if (!found || found->state == State::listen) return State::closed;
  return found->state;
}

// The client's end can be looked at only if it lies on this machine.
Json client_state(kernel::SockDiag& diag, const OwnConnection& mine, State server) {
  State state = state_at(diag, mine.remote(), mine.local());
  if (state != State::closed) return {{"state", name(state)}, {"source", "kernel"}};
  State likely = server == State::established ? State::established : State::unknown;
  return {{"state", name(likely)}, {"source", "inferred"}};
}

Json states(const OwnConnection& mine) {
  try {
    kernel::SockDiag diag;
    State server = state_at(diag, mine.local(), mine.remote());
    return {{"server", {{"state", name(server)}, {"source", "kernel"}}}, {"client", client_state(diag, mine, server)}};
  } catch (const OSError& e) {  // a kernel without sock_diag, a container that denies it
    return {{"server", {{"state", "?"}, {"source", "inferred"}}},
            {"client", {{"state", "?"}, {"source", "inferred"}}},
            {"error", e.what()}};
  }
}

}  // namespace

std::string OwnConnection::json(const Socket* socket) const {
  Json facts = agreed(at_accept_);
  Source source = Source::reported;
  facts.push_back(fact("handshake_rtt", rounded_ms(at_accept_.rtt), "ms", source,
                       {"from our SYN-ACK to your ACK", "从我方 SYN-ACK 到你的 ACK"}));
  facts.push_back(
      fact("synack_retrans", at_accept_.total_retrans, "segment", source, {"SYN-ACKs sent again", "SYN-ACK 重发次数"}));
  facts.push_back(fact("syn_kept", !syn_.empty(), "", Source::kernel, {"your SYN was kept", "保存了你的 SYN"}));
  facts.push_back(
      fact("age", rounded_ms(Clock::now() - accepted_), "ms", Source::kernel, {"accepted so long ago", "已接受多久"}));
  if (socket != nullptr) add_measured(tcp_info_of(*socket), facts);
  Json told = {{"type", "connection"},    {"local", local_.str()},
               {"remote", remote_.str()}, {"segments", handshake_segments(*this)},
               {"facts", facts},          {"state", states(*this)}};
  return one_line(told);
}

}  // namespace loquat::wire
