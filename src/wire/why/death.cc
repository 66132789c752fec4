// Why a connection has died: from the kernel's last word on it and the counters that moved meanwhile.
#include <algorithm>
#include <chrono>

#include "wire/why/rules.h"

namespace loquat::wire {
namespace {

using kernel::value;

// Read from the death itself. A disconnected socket (SO_LINGER 0, a failed connect()) has no peer and no counts left.
struct LastWord {
  explicit LastWord(const Death& of) : death(of) {
    if (of.dead.info) info = *of.dead.info;
    if (of.alive) before = of.alive->last.state;
    disconnected = of.dead.remote.port() == 0;
    handshake_done = info.bytes_acked > 0 || info.bytes_received > 0 || info.rtt.count() > 0;
    was_connected = before != State::unknown ? before != State::listen && before != State::syn_sent : handshake_done;
  }
  std::int64_t moved(const char* counter) const { return value(death.moved, counter); }
  Certainty if_alone() const { return death.others == 0 ? Certainty::certain : Certainty::likely; }

  const Death& death;
  kernel::TcpInfo info;
  State before = State::unknown;
  bool disconnected = false, handshake_done = false, was_connected = false;
};

// 1 may be the end of the stream, which counts as a byte.
bool unread(const kernel::SocketFacts& dead) { return dead.recv_queue > 1; }

std::string ends(const Death& death) {
  const kernel::SocketFacts& named = death.alive ? death.alive->last : death.dead;
  return named.local.str() + " -> " + named.remote.str();
}

Fact counted(const LastWord& w, const char* counter) {
  return {phrase("{0} moved by {1}", "{0} 增加了 {1}", {std::string(counter), std::to_string(w.moved(counter))}),
          Source::reported};
}

Fact last_word(const LastWord& w) {
  return {phrase("the kernel's last word on {0}: {1} B unread, {2} B unacknowledged, {3} segments out, {4} in",
                 "内核对 {0} 的最后记录：{1} 字节未读，{2} 字节未确认，发出 {3} 个报文段，收到 {4} 个",
                 {ends(w.death), std::to_string(w.death.dead.recv_queue), std::to_string(w.death.dead.send_queue),
                  std::to_string(w.info.segments_out), std::to_string(w.info.segments_in)}),
          Source::reported};
}

Verdict verdict(const LastWord& w, Cause cause, Certainty certainty, Text sentence, const char* counter, Text next) {
  Verdict v{cause, certainty, std::move(sentence), {last_word(w)}, {}, std::move(next), false};
  if (w.moved(counter) != 0) v.evidence.push_back(counted(w, counter));
  if (certainty != Certainty::certain)
    v.others = {{"other connections ended meanwhile, and the counters may be theirs",
                 "其间还有别的连接结束，计数可能属于它们"}};
  return v;
}

rules::Answer never_opened(const LastWord& w) {
  if (w.death.held || w.was_connected || w.before == State::listen || (w.before == State::unknown && w.disconnected))
    return std::nullopt;
  bool tried_again = w.info.total_retrans > 0 || (w.death.alive && w.death.alive->last.retransmits > 0);
  if (tried_again) {
    return verdict(
        w, Cause::syn_filtered, Certainty::likely,
        phrase("{0}: gave up; no SYN was answered.", "{0}：放弃了；没有任何 SYN 得到回应。", {ends(w.death)}),
        "TCPAbortOnTimeout",
        {"Look for a DROP rule on the way, or a host that is down.", "查路上的 DROP 规则，或对方主机已关。"});
  }
  bool answered = w.info.segments_in > 0 ||
                  (w.disconnected && w.moved("TcpAttemptFails") > 0 && w.moved("IcmpInDestUnreachs") == 0);
  if (answered) {
    Verdict v = verdict(w, Cause::closed_port, Certainty::likely,
                        phrase("{0}: refused: nobody listens there (the SYN was answered with RST).",
                               "{0}：被拒绝：那里没有程序监听（SYN 得到了 RST）。", {ends(w.death)}),
                        "TcpAttemptFails",
                        {"Is the server up, and on this port and address?", "服务器在运行吗？端口和地址对吗？"});
    v.others = {{"a firewall on the way that rejects with RST", "路上用 RST 拒绝的防火墙"}};
    return v;
  }
  if (w.before != State::syn_sent) return std::nullopt;
  return verdict(w, Cause::closed, w.if_alone(),
                 phrase("{0}: given up by its own program before it was answered.",
                        "{0}：还没得到回应，就被自己的程序放弃了。", {ends(w.death)}),
                 "", {});
}

rules::Answer we_reset(const LastWord& w) {
  if (w.death.held) return std::nullopt;
  if (w.disconnected && w.was_connected && w.before != State::unknown && w.moved("TCPAbortOnData") > 0) {
    return verdict(
        w, Cause::reset_linger_0, w.if_alone(),
        phrase("{0}: our application reset it: closed with SO_LINGER 0, so RST instead of FIN; unsent data is lost.",
               "{0}：我方应用重置了它：以 SO_LINGER 0 关闭，发 RST 而不是 FIN；未发的数据丢失。", {ends(w.death)}),
        "TCPAbortOnData",
        {"Take SO_LINGER {on, 0} out of that program unless losing data is meant.",
         "除非有意丢弃数据，否则去掉该程序的 SO_LINGER {on, 0}。"});
  }
  if (unread(w.death.dead) && w.moved("TCPAbortOnClose") > 0) {
    return verdict(w, Cause::reset_unread_data, w.if_alone(),
                   phrase("{0}: our application reset it: it closed with {1} B unread, and the kernel sends RST then, "
                          "so that the peer knows they were lost.",
                          "{0}：我方应用重置了它：关闭时还有 {1} 字节未读，内核于是发 RST，让对方知道数据丢了。",
                          {ends(w.death), std::to_string(w.death.dead.recv_queue)}),
                   "TCPAbortOnClose",
                   {"Read to the end before close(): shutdown(SHUT_WR), recv() until 0, close().",
                    "关闭前读到结尾：shutdown(SHUT_WR)，recv() 直到 0，再 close()。"});
  }
  return std::nullopt;
}

rules::Answer peer_here_reset(const LastWord& w) {
  if (!w.death.peer_dead) return std::nullopt;
  const kernel::SocketFacts& peer = *w.death.peer_dead;
  if (peer.remote.port() == 0 && w.moved("TCPAbortOnData") > 0) {
    return verdict(w, Cause::reset_linger_0, w.if_alone(),
                   phrase("{0}: the other end, on this machine, reset it: closed with SO_LINGER 0.",
                          "{0}：本机上的另一端重置了它：以 SO_LINGER 0 关闭。", {ends(w.death)}),
                   "TCPAbortOnData",
                   {"Take SO_LINGER {on, 0} out of that program.", "去掉那个程序的 SO_LINGER {on, 0}。"});
  }
  if (unread(peer) && w.moved("TCPAbortOnClose") > 0) {
    return verdict(w, Cause::reset_unread_data, w.if_alone(),
                   phrase("{0}: the other end, on this machine, reset it: it closed with {1} B of ours unread.",
                          "{0}：本机上的另一端重置了它：关闭时我方的 {1} 字节还没读。",
                          {ends(w.death), std::to_string(peer.recv_queue)}),
                   "TCPAbortOnClose",
                   {"That program has to read to the end before close().", "那个程序关闭前应读到结尾。"});
  }
  return std::nullopt;
}

rules::Answer gave_up(const LastWord& w) {
  if (w.moved("TCPAbortOnTimeout") == 0) return std::nullopt;
  bool waited = w.death.dead.send_queue > 0 || (w.death.alive && w.death.alive->last.retransmits > 0);
  if (!waited) return std::nullopt;
  return verdict(w, Cause::peer_gone, w.if_alone(),
                 phrase("{0}: the kernel gave up (ETIMEDOUT): the peer is gone, or the path is cut.",
                        "{0}：内核放弃了（ETIMEDOUT）：对方已消失，或路径断了。", {ends(w.death)}),
                 "TCPAbortOnTimeout",
                 {"Ask the other host; then firewalls and links between.", "查对方主机，再查中间的防火墙和链路。"});
}

// Both were silent, then we sent something, and RST came at once. Of a socket that its process still holds only the
// namespace's counters tell whether it has sent.
bool was_quiet_and_spoke(const LastWord& w) {
  if (!w.death.alive || !w.death.alive->last.info) return false;
  const kernel::TcpInfo& then = *w.death.alive->last.info;
  bool quiet = std::min(then.last_data_sent, then.last_data_received) >= std::chrono::seconds(1);
  bool spoke = w.death.held ? w.moved("TCPOrigDataSent") > 0 : w.info.data_segments_out > then.data_segments_out;
  return quiet && spoke;
}

std::vector<Text> why_a_peer_resets() {
  return {{"it closed with data of ours unread", "它关闭时我方数据还未读"},
          {"it closed with SO_LINGER 0", "它以 SO_LINGER 0 关闭"},
          {"a firewall between sent it", "中间的防火墙发的"}};
}

Verdict answered_by_nobody(const LastWord& w) {
  Verdict v = verdict(
      w, Cause::half_open, w.moved("TCPOrigDataSent") <= 10 ? Certainty::likely : Certainty::possible,
      phrase("{0}: it was half-open: both ends were silent, and what we sent then was answered with RST: the peer no "
             "longer knew the connection (it or its host was started anew).",
             "{0}：它是半开连接：双方都沉默，之后我方一发送就得到 RST：对方已不认识这个连接（程序或主机重启过）。",
             {ends(w.death)}),
      "TcpEstabResets",
      {"Keepalive or a heartbeat finds this out earlier; connect again.", "保活或心跳能更早发现；重新连接即可。"});
  v.others = why_a_peer_resets();
  return v;
}

rules::Answer peer_reset(const LastWord& w) {
  if (w.moved("TcpEstabResets") == 0 || !w.was_connected) return std::nullopt;
  if (w.death.alive && judge(*w.death.alive).cause == Cause::half_open) {
    return verdict(
        w, Cause::half_open, w.if_alone(),
        phrase("{0}: it was half-open: the other end no longer existed, and answered what was sent with RST.",
               "{0}：它是半开连接：另一端已不存在，对发去的数据回了 RST。", {ends(w.death)}),
        "TcpEstabResets", {"Keepalive or a heartbeat finds this out earlier.", "保活或心跳能更早发现。"});
  }
  bool peer_had_closed = w.before == State::close_wait || (w.death.dead.recv_queue == 1 && w.death.dead.send_queue > 0);
  if (peer_had_closed) {
    return verdict(
        w, Cause::reset_late_data, Certainty::likely,
        phrase("{0}: the peer had closed already, and answered what we still sent with RST.",
               "{0}：对方早已关闭，对我们之后发送的数据回了 RST。", {ends(w.death)}),
        "TcpEstabResets",
        {"Stop sending when recv() gives 0, or agree who closes first.", "recv() 返回 0 后不要再发，或约定谁先关闭。"});
  }
  if (was_quiet_and_spoke(w)) return answered_by_nobody(w);
  Verdict v = verdict(w, Cause::reset, Certainty::likely,
                      phrase("{0}: reset by the peer (ECONNRESET); why does not show at this end.",
                             "{0}：被对方重置（ECONNRESET）；原因在这一端看不到。", {ends(w.death)}),
                      "TcpEstabResets",
                      {"Run this command with --follow at the other end, or give it a capture FILE.",
                       "在另一端用 --follow 运行本命令，或给它一个抓包文件。"});
  v.others = why_a_peer_resets();
  v.others.push_back({"it no longer knew the connection (restart, half-open)", "它已不认识这个连接（重启、半开）"});
  return v;
}

}  // namespace

Verdict judge_death(const Death& death) {
  const LastWord w(death);
  for (auto rule : {never_opened, we_reset, peer_here_reset, gave_up, peer_reset}) {
    if (rules::Answer answer = rule(w)) return *std::move(answer);
  }
  return {Cause::closed,
          death.others == 0 ? Certainty::certain : Certainty::likely,
          phrase("{0}: closed in order.", "{0}：已正常关闭。", {ends(death)}),
          {last_word(w)},
          {},
          {},
          false};
}

}  // namespace loquat::wire
