// The rules for who has something to send and gets no further.
#include <chrono>

#include "wire/why/rules.h"

namespace loquat::wire::rules {
namespace {

using std::chrono::seconds;

std::string number(std::uint64_t n) { return std::to_string(n); }

Fact window_fact(const Reading& r) {
  return {phrase("the peer's window is {0} B; {1} B not sent; persist timer: next probe in {2}",
                 "对方窗口为 {0} 字节；{1} 字节未发送；坚持定时器：{2} 后再探测",
                 {number(r.info.send_window), number(r.info.not_sent), told(r.now.expires)}),
          Source::kernel};
}

Fact limited_fact(const Reading& r) {
  return {phrase("waited {0} for the peer's window since the connection began, of {1} with something to send",
                 "连接以来有数据可发共 {1}，其中 {0} 在等对方窗口", {told(r.info.window_limited), told(r.info.busy)}),
          Source::reported};
}

Verdict window_is_zero(const Reading& r) {
  Verdict v{
      Cause::peer_not_reading,
      Certainty::likely,
      phrase("STUCK {0}: the peer's receive window is {1}; its application is not reading.",
             "已卡住 {0}：对方接收窗口为 {1}；对方的应用程序没有读数据。",
             {told(r.info.last_data_sent), number(r.info.send_window)}),
      {queue_fact(r.now), window_fact(r), limited_fact(r)},
      {},
      {"Look at the program at the other end: what does it do instead of recv()? Nothing is wrong with the network.",
       "查对方的程序：它在做什么而没有调用 recv()？网络没有问题。"},
      false};
  if (r.peer_seen) {
    Text owner = who_text(r.seen.peer_owners, *r.seen.peer);
    v.evidence.push_back({phrase("its end is on this machine, held by {0}: {1} B wait there and none were read for {2}",
                                 "另一端就在本机，属于 {0}：{1} 字节在等待，{2} 内没有被读走",
                                 {owner, number(r.seen.peer->recv_queue), told(r.seen.between)}),
                          Source::kernel});
  }
  bool stands_long = r.info.last_data_sent >= seconds(10);
  if (r.peer_seen ? r.looked_long() : stands_long) {
    v.certainty = Certainty::certain;
  } else {
    v.look_longer = r.seen.between < seconds(r.peer_seen ? 3 : 6);
    v.others = {{"it reads, but more slowly than this was looked at", "它在读，但比观察的时间更慢"}};
  }
  return v;
}

Verdict slow_reader(const Reading& r) {
  return {
      Cause::healthy,
      Certainty::certain,
      phrase("Slow but moving: the peer reads more slowly than we send; {0} B wait for its window.",
             "慢但在前进：对方读得比我们发得慢；{0} 字节在等它的窗口。", {number(r.now.send_queue)}),
      {queue_fact(r.now),
       limited_fact(r),
       {phrase("within {0} {1} B were acknowledged", "{0} 内确认了 {1} 字节", {told(r.seen.between), number(r.acked)}),
        Source::kernel}},
      {},
      {"Nothing to mend in the network; the peer's program is the slow one.", "网络无需修理；慢的是对方的程序。"},
      false};
}

// The peer has dropped what it had no memory for: its queue is full of what nobody reads.
bool peer_has_no_memory(const Reading& r) {
  return r.peer_seen && r.seen.peer->recv_queue > 0 && r.seen.peer_first->recv_queue > 0 && r.peer_consumed == 0;
}

bool probes_fail(const Reading& r) { return r.now.retransmits >= 3 && r.segments_in == 0; }

Verdict nothing_comes_back(const Reading& r) {
  bool path = r.peer_seen;
  // It has lost segments before and went on: more probably it will again.
  bool lossy = !path && r.info.total_retrans > static_cast<std::uint32_t>(r.now.retransmits) + 2;
  Verdict v{path || lossy ? Cause::path_loss : Cause::peer_gone,
            path && r.now.retransmits >= 3 ? Certainty::certain : Certainty::likely,
            path
                ? phrase("STUCK {0}: what is sent does not arrive, though the other end is there: the path drops it.",
                         "已卡住 {0}：对端还在，但发出的数据到不了：路径丢弃了它们。", {told(r.info.last_ack_received)})
                : phrase("STUCK {0}: the peer does not answer any more: it is gone, or the path to it is cut.",
                         "已卡住 {0}：对方不再应答：它已消失，或到它的路径断了。", {told(r.info.last_ack_received)}),
            {queue_fact(r.now),
             {phrase("sent {0} times again, next in {1}; nothing came back for {2}",
                     "已重发 {0} 次，{1} 后再发；{2} 没有任何回应",
                     {number(static_cast<std::uint64_t>(r.now.retransmits)), told(r.now.expires),
                      told(r.info.last_ack_received)}),
              Source::kernel}},
            {},
            {"Ask the other host (ping it; look there with this command); then firewalls and links between.",
             "查对方主机（ping；在那里运行本命令），再查中间的防火墙和链路。"},
            !r.looked_long()};
  if (lossy) {
    v.sentence = phrase("STUCK {0}: the path loses what is sent: {1} segments were sent again so far.",
                        "已卡住 {0}：路径在丢失数据：至今已重发 {1} 个报文段。",
                        {told(r.info.last_ack_received), number(r.info.total_retrans)});
  }
  if (v.certainty == Certainty::certain) return v;
  v.others = {{"a firewall has forgotten the connection and drops it", "防火墙忘记了这个连接并丢弃它"},
              {"the server's backlog is full, and it has not taken the handshake's last ACK",
               "服务器的等待队列已满，没有接受握手的最后一个 ACK"}};
  v.others.push_back(v.cause == Cause::path_loss ? Text{"the peer is gone (half-open)", "对方已消失（半开连接）"}
                                                 : Text{"the path loses most of what is sent", "路径丢失了大部分数据"});
  return v;
}

}  // namespace

Answer zero_window(const Reading& r) {
  bool waits = r.now.timer == kernel::Timer::persist || (r.has_info && r.info.send_window == 0 && r.info.not_sent > 0);
  if (!r.connected() || r.now.send_queue == 0 || !waits) return std::nullopt;
  if (!r.peer_seen && probes_fail(r)) {
    Verdict v = nothing_comes_back(r);
    v.evidence.push_back(window_fact(r));
    return v;
  }
  bool nothing_unread = r.peer_seen && r.seen.peer->recv_queue == 0 && r.seen.peer_first->recv_queue == 0;
  bool progress = r.peer_consumed > 0 || r.acked > 0;
  // Losses keep a window closed, too: what came out of order fills the buffer, and a lost update is not repeated.
  if (nothing_unread || (progress && !r.peer_seen && r.retransmitted * 10 > r.data_segments)) return std::nullopt;
  return progress ? slow_reader(r) : window_is_zero(r);
}

Answer arrived_unread(const Reading& r) {
  bool waits = r.peer_seen && r.seen.peer->recv_queue > 1 && r.seen.peer_first->recv_queue > 1 && r.peer_consumed == 0;
  bool all_sent = r.connected() && r.now.send_queue == 0 && r.acked == 0;
  if (!waits || !all_sent || r.seen.peer->state == State::close_wait) return std::nullopt;
  Verdict v{Cause::peer_not_reading,
            r.looked_long() ? Certainty::certain : Certainty::likely,
            phrase("What we have sent has arrived, and the peer's application has not read it: {0} B wait there.",
                   "我方发出的都到了，对方应用没有读：那里有 {0} 字节在等待。", {number(r.seen.peer->recv_queue)}),
            {queue_fact(r.now), queue_fact(*r.seen.peer)},
            {},
            {"Look at the program at the other end: what does it do instead of recv()?",
             "查对方的程序：它在做什么而没有调用 recv()？"},
            !r.looked_long()};
  if (v.certainty != Certainty::certain)
    v.others = {{"it is busy, and reads later than this was looked at", "它正忙，比观察的时间更晚才读"}};
  return v;
}

Answer unanswered(const Reading& r) {
  bool again = r.now.timer == kernel::Timer::retransmit && r.now.retransmits >= 2;
  if (!r.connected() || r.now.send_queue == 0 || !again || r.acked > 0 || r.segments_in > 0) return std::nullopt;
  if (peer_has_no_memory(r)) return window_is_zero(r);
  return nothing_comes_back(r);
}

Answer losing(const Reading& r) {
  if (!r.connected() || !r.has_info || r.lost_so_far == 0) return std::nullopt;
  double of_all = static_cast<double>(r.lost_so_far) / (r.info.data_segments_out + 1.0);
  double of_these = static_cast<double>(r.retransmitted) / (static_cast<double>(r.data_segments) + 1.0);
  bool now = r.retransmitted > 0 || (r.now.timer == kernel::Timer::retransmit && r.now.retransmits > 0);
  bool sending = r.data_segments > 0 || r.now.send_queue > 0;
  bool enough = (now && (of_these >= 0.01 || r.acked == 0)) || (of_all >= 0.03 && r.lost_so_far >= 3);
  if (!sending || !enough) return std::nullopt;
  if (peer_has_no_memory(r) && r.acked == 0) return window_is_zero(r);
  Verdict v{
      Cause::path_loss,
      r.retransmitted >= 3 && r.acked > 0 ? Certainty::certain : Certainty::likely,
      phrase("The path loses segments: {0} of {1} were sent again within {2}; {3} of {4} since the connection began.",
             "路径丢包：{2} 内 {1} 个报文段中重发了 {0} 个；连接以来 {4} 个中重发 {3} 个。",
             {number(r.retransmitted), number(r.data_segments), told(r.seen.between), number(r.lost_so_far),
              number(r.info.data_segments_out)}),
      {queue_fact(r.now),
       {phrase("{0} segments in flight, {1} counted lost; round trip {2}, timeout {3}",
               "在途 {0} 个报文段，其中 {1} 个算作丢失；往返 {2}，超时 {3}",
               {number(r.info.unacked), number(r.info.lost), told(r.info.rtt), told(r.info.rto)}),
        Source::kernel}},
      {},
      {"Look for the lossy link: `mtr` to the peer, the interfaces' error counters, Wi-Fi, a full queue, a policer.",
       "找出丢包的链路：对对方运行 mtr，看网卡错误计数、Wi-Fi、排满的队列、限速。"},
      !r.looked_long()};
  if (v.certainty != Certainty::certain) {
    v.others = {{"a delay that outlived the timer, so that nothing was lost", "只是延迟超过了定时器，并没有丢失"}};
  }
  return v;
}

}  // namespace loquat::wire::rules
