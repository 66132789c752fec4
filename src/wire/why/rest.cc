// The rules for the end of a connection, for the other end that is missing, and for what is as it should be.
#include <algorithm>
#include <chrono>

#include "wire/why/rules.h"

namespace loquat::wire::rules {
namespace {

using std::chrono::seconds;

bool peer_lives(const Reading& r) {
  if (r.peer_seen) return true;
  bool heard =
      r.info.last_ack_received < r.seen.between + seconds(2) || r.info.last_data_received < r.seen.between + seconds(2);
  return r.has_info && r.segments_in > 0 && heard;
}

Verdict waits_in_fin_wait_2(const Reading& r) {
  bool orphan = r.now.inode == 0;
  bool kept_open = r.peer_seen && r.seen.peer->state == State::close_wait;
  Verdict v{Cause::fin_wait_2,
            kept_open ? Certainty::certain : Certainty::likely,
            phrase("FIN-WAIT-2: we have closed, and the peer has not.", "FIN-WAIT-2：我方已关闭，对方还没有关闭。"),
            {queue_fact(r.now)},
            {},
            {"Look at the peer's program: it has to close() after it has read the end. tcp_fin_timeout ends our part.",
             "查对方的程序：读到结尾后它应当 close()。我方这一半由 tcp_fin_timeout 结束。"},
            false};
  if (orphan)
    v.evidence.push_back({phrase("no process holds it; the kernel ends it in {0}",
                                 "没有进程持有它；内核将在 {0} 后结束它", {told(r.now.expires)}),
                          Source::kernel});
  if (kept_open) {
    v.evidence.push_back({phrase("the other end is in CLOSE-WAIT, held by {0}", "另一端处于 CLOSE-WAIT，由 {0} 持有",
                                 {who_text(r.seen.peer_owners, *r.seen.peer)}),
                          Source::kernel});
  } else {
    v.others = {{"its FIN was lost on the way", "它的 FIN 在路上丢了"}, {"the peer is gone", "对方已消失"}};
  }
  return v;
}

Verdict is_closing(const Reading& r, const Text& sentence) {
  return {Cause::closing, Certainty::certain, sentence, {queue_fact(r.now)}, {}, {}, false};
}

}  // namespace

Answer other_end_missing(const Reading& r) {
  bool would_be_there = r.seen.peer_is_here && !r.seen.peer_first && !r.seen.peer && r.connected();
  if (!would_be_there || (r.is(State::fin_wait_2) && r.now.inode == 0) || r.seen.first.state != r.now.state)
    return std::nullopt;
  if (r.is(State::close_wait)) return std::nullopt;  // the peer has closed, and its end may be gone by now
  if (r.seen.between.count() > 0 && r.received > 0) return std::nullopt;  // somebody speaks to it
  Verdict v{
      Cause::half_open,
      r.seen.may_be_nat ? Certainty::likely : Certainty::certain,
      phrase("Half-open: this end is {0}, and on this machine, where {1} is, there is no other end.",
             "半开连接：这一端是 {0}，而 {1} 就在本机，却没有另一端。", {wire::name(r.now.state), r.now.remote.str()}),
      {queue_fact(r.now),
       {{"no socket of this network namespace has the two addresses the other way round",
         "本网络命名空间里没有地址相反的套接字"},
        Source::kernel}},
      {},
      {"The next thing that is sent will be answered with RST. Keepalive (SO_KEEPALIVE) or a heartbeat finds this out "
       "earlier.",
       "下一次发送会得到 RST。保活（SO_KEEPALIVE）或应用层心跳能更早发现。"},
      false};
  if (v.certainty != Certainty::certain) {
    v.others = {{"addresses are rewritten here (NAT, a container's published port), and the other end has another name",
                 "本机改写地址（NAT、容器发布的端口），另一端用的是别的地址"}};
  }
  return v;
}

Answer keepalive_unanswered(const Reading& r) {
  bool probing = r.now.timer == kernel::Timer::keepalive && r.now.retransmits > 0;
  if (!r.is(State::established) && !r.is(State::close_wait)) return std::nullopt;
  if (!probing || r.segments_in > 0) return std::nullopt;
  return Verdict{Cause::peer_gone,
                 r.now.retransmits >= 2 ? Certainty::likely : Certainty::possible,
                 phrase("The peer is gone, or the path to it is cut: {0} keepalive probes were not answered.",
                        "对方已消失，或到它的路径断了：{0} 个保活探测没有回应。",
                        {count(static_cast<std::uint64_t>(r.now.retransmits))}),
                 {queue_fact(r.now),
                  {phrase("last heard of {0} ago; next probe in {1}", "最后一次收到是 {0} 前；{1} 后再探测",
                          {told(r.info.last_ack_received), told(r.now.expires)}),
                   Source::kernel}},
                 {{"a firewall has forgotten the connection", "防火墙忘记了这个连接"}},
                 {"Ask the other host; a keepalive interval below the firewall's timeout keeps such connections known.",
                  "查对方主机；保活间隔短于防火墙超时可避免被忘记。"},
                 !r.looked_long()};
}

Answer closing(const Reading& r) {
  switch (r.now.state) {
    case State::fin_wait_2:
      if (r.received > 0) return std::nullopt;
      if (r.now.inode != 0 && !(r.peer_seen && r.seen.peer->state == State::close_wait &&
                                r.seen.peer->recv_queue == 0 && r.info.last_ack_received > seconds(5)))
        return is_closing(r, {"We have shut down our sending side and wait for the peer's answer and end.",
                              "我方已关闭发送方向，在等对方的回答和结束。"});
      return waits_in_fin_wait_2(r);
    case State::time_wait:
      return is_closing(r, phrase("TIME-WAIT: closed in order; the kernel keeps the addresses for {0} more so that a "
                                  "late segment finds nobody new.",
                                  "TIME-WAIT：已正常关闭；内核再保留这对地址 {0}，以免迟到的报文段误入新连接。",
                                  {told(r.now.expires)}));
    case State::fin_wait_1:
    case State::closing:
    case State::last_ack:
      return is_closing(r, phrase("{0}: closing; the FIN is not acknowledged yet.", "{0}：正在关闭；FIN 还没有被确认。",
                                  {wire::name(r.now.state)}));
    default:
      return std::nullopt;
  }
}

Answer moving(const Reading& r) {
  if (!r.connected() || !r.moving()) return std::nullopt;
  Verdict v{
      Cause::healthy,
      Certainty::certain,
      phrase("Healthy: within {0} {1} were acknowledged and {2} came.", "正常：{0} 内确认了 {1}，收到了 {2}。",
             {told(r.seen.between), told_bytes(r.acked), told_bytes(r.received)}),
      {queue_fact(r.now),
       {phrase("round trip {0}; {1} of {2} segments sent again so far", "往返 {0}；至今 {2} 个报文段中重发了 {1} 个",
               {told(r.info.rtt), count(r.info.total_retrans), count(r.info.data_segments_out)}),
        Source::reported}},
      {},
      {},
      false};
  return v;
}

Answer waiting_for_ack(const Reading& r) {
  if (!r.connected() || r.now.send_queue == 0) return std::nullopt;
  return Verdict{Cause::healthy,
                 Certainty::possible,
                 phrase("{0} B are on their way and not acknowledged yet; the timer runs out in {1}.",
                        "{0} 字节在途，尚未确认；定时器 {1} 后到期。", {count(r.now.send_queue), told(r.now.expires)}),
                 {queue_fact(r.now)},
                 {{"the first sign of a loss", "丢包的最初迹象"}},
                 {},
                 !r.looked_long()};
}

Answer idle(const Reading& r) {
  if (!r.is(State::established)) return std::nullopt;
  bool ours_last = r.info.last_data_sent < r.info.last_data_received;
  Duration quiet = std::min(r.info.last_data_sent, r.info.last_data_received);
  Verdict v{Cause::idle,
            peer_lives(r) ? Certainty::certain : Certainty::likely,
            phrase("Idle: nothing to send, nothing unread, for {0}; {1} spoke last.",
                   "空闲：没有要发的，也没有未读的，已 {0}；最后说话的是{1}。",
                   {told(quiet), ours_last ? Text{"this end", "这一端"} : Text{"the peer", "对方"}}),
            {queue_fact(r.now)},
            {},
            ours_last ? Text{"If an answer is due, the peer's application owes it (long polling looks just like this).",
                             "若该有回答，欠着的是对方应用（长轮询正是这个样子）。"}
                      : Text{"If an answer is due, our application owes it.", "若该有回答，欠着的是我方应用。"},
            false};
  if (r.peer_seen) {
    v.evidence.push_back({{"its other end is on this machine and idle, too", "另一端在本机，也空闲"}, Source::kernel});
  } else if (v.certainty != Certainty::certain) {
    v.others = {
        {"half-open: a peer that vanished without a word looks the same until something is sent (keepalive would tell)",
         "半开连接：对方若无声消失，在发送之前看起来一样（保活能发现）"}};
  }
  return v;
}

}  // namespace loquat::wire::rules
