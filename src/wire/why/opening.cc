// The rules for listeners and for the handshake.
#include "wire/why/rules.h"

namespace loquat::wire::rules {
namespace {

bool full(const kernel::SocketFacts& listener) { return listener.recv_queue > listener.send_queue; }

Fact backlog_fact(const kernel::SocketFacts& listener) {
  return {phrase("listener {0}: {1} connections wait for accept(), {2} may",
                 "监听 {0}：{1} 个连接在等 accept()，最多 {2} 个",
                 {listener.local.str(), count(listener.recv_queue), count(listener.send_queue)}),
          Source::kernel};
}

// Counted for the whole namespace, so only evidence beside a full queue.
void add_overflows(const Seen& seen, Verdict& v) {
  for (const char* each : {"ListenOverflows", "ListenDrops", "TCPReqQFullDrop"}) {
    if (auto by = kernel::value(seen.moved, each); by > 0) {
      v.evidence.push_back({phrase("{0} moved by {1} within {2}", "{2} 内 {0} 增加了 {1}",
                                   {std::string(each), std::to_string(by), told(seen.between)}),
                            Source::reported});
    }
  }
}

Verdict backlog(const Seen& seen, const kernel::SocketFacts& listener, Certainty certainty) {
  Verdict v{
      Cause::backlog_full,
      certainty,
      phrase("The backlog of {0} is full: {1} connections wait and its application does not accept them fast enough; "
             "further SYNs are dropped without a word.",
             "{0} 的等待队列已满：{1} 个连接在等，应用 accept() 得不够快；后来的 SYN 被悄悄丢弃。",
             {listener.local.str(), count(listener.recv_queue)}),
      {backlog_fact(listener)},
      {},
      {"See why the program does not call accept(); then a larger listen(backlog), and net.core.somaxconn, which "
       "bounds it.",
       "先看程序为什么没有调用 accept()；再加大 listen(backlog) 以及限制它的 net.core.somaxconn。"},
      certainty != Certainty::certain};
  add_overflows(seen, v);
  if (certainty != Certainty::certain) v.others = {{"a short burst that is over already", "一阵短暂的突发，已经过去"}};
  return v;
}

std::vector<Text> where_a_syn_may_end() {
  return {{"the server's backlog is full: then, too, a SYN is dropped without a word",
           "服务器的等待队列已满：那时 SYN 也会被悄悄丢弃"},
          {"the host is down, or there is no way back from it", "对方主机已关，或没有返回的路径"}};
}

Verdict filtered(const Reading& r) {
  Verdict v{Cause::syn_filtered,
            Certainty::likely,
            phrase("STUCK: {0} SYNs to {1} were not answered at all: most probably a firewall drops them.",
                   "已卡住：发往 {1} 的 {0} 个 SYN 完全没有回应：很可能被防火墙丢弃。",
                   {count(static_cast<std::uint64_t>(r.now.retransmits) + 1), r.now.remote.str()}),
            {queue_fact(r.now),
             {phrase("SYN sent {0} times again, next in {1}; a closed port would have answered with RST",
                     "SYN 已重发 {0} 次，{1} 后再发；关闭的端口会回 RST",
                     {count(static_cast<std::uint64_t>(r.now.retransmits)), told(r.now.expires)}),
              Source::kernel}},
            where_a_syn_may_end(),
            {"Look for a DROP rule on the way (`nft list ruleset` there and here, the provider's security group), and "
             "whether "
             "the host answers on another port.",
             "查路上的 DROP 规则（两端的 nft list ruleset、云安全组），以及该主机别的端口是否应答。"},
            !r.looked_long()};
  if (r.seen.peer_is_here) {
    v.others = {{"a rule on this machine sends it elsewhere", "本机有规则把它转到了别处"}};
    v.evidence.push_back(
        r.seen.listener
            ? Fact{{"somebody listens there, on this machine, and has room", "本机上有程序在那里监听，而且队列有空位"},
                   Source::kernel}
            : Fact{{"the address is this machine's: no other host and no cable is involved",
                    "地址属于本机：与别的主机和网线无关"},
                   Source::kernel});
  }
  return v;
}

Verdict nobody_at_that_address(const Reading& r) {
  return {Cause::peer_gone,
          Certainty::likely,
          phrase("STUCK: nobody answers at the link address for {0}: that host (or the router to it) is not there.",
                 "已卡住：没有人应答 {0} 的链路地址：该主机（或去往它的路由器）不在。", {r.now.remote.host()}),
          {queue_fact(r.now),
           {{"the neighbour table has the entry as failed (`ip neigh`)", "邻居表中该项为失败（ip neigh）"},
            Source::kernel}},
          {{"a firewall on that host that drops ARP, too", "那台主机的防火墙连 ARP 也丢弃"}},
          {"Is the address right, the host up, the cable in, the VLAN the same one?",
           "地址对吗，主机开着吗，网线插好了吗，VLAN 一致吗？"},
          false};
}

}  // namespace

Answer listener(const Reading& r) {
  if (!r.is(State::listen)) return std::nullopt;
  const kernel::SocketFacts& now = r.now;
  if (full(now))
    return backlog(r.seen, now,
                   full(r.seen.first) && r.seen.between.count() > 0 ? Certainty::certain : Certainty::likely);
  Text owner = who_text(r.seen.owners, now);
  if (now.recv_queue > 0 && r.seen.first.recv_queue >= now.recv_queue && r.seen.first.recv_queue > 0) {
    return Verdict{Cause::not_accepting,
                   Certainty::likely,
                   phrase("{0} connections wait and {1} has not accepted one within {2}.",
                          "{0} 个连接在等待，{1} 在 {2} 内没有接受任何一个。",
                          {count(now.recv_queue), owner, told(r.seen.between)}),
                   {backlog_fact(now)},
                   {{"it is busy, and accepts later", "它正忙，稍后会接受"}},
                   {"See what that process does instead of accept().", "看该进程在做什么而没有 accept()。"},
                   !r.looked_long()};
  }
  return Verdict{
      Cause::listening,
      Certainty::certain,
      phrase("{0} listens; {1} of {2} places for waiting connections are taken.",
             "{0} 在监听；等待队列 {2} 个位置中占用 {1} 个。", {owner, count(now.recv_queue), count(now.send_queue)}),
      {backlog_fact(now)},
      {},
      {},
      false};
}

Answer syn_sent(const Reading& r) {
  if (!r.is(State::syn_sent)) return std::nullopt;
  if (r.seen.neighbour_failed) return nobody_at_that_address(r);
  if (r.now.retransmits > 0) {
    if (r.seen.listener && full(*r.seen.listener)) return backlog(r.seen, *r.seen.listener, Certainty::certain);
    return filtered(r);
  }
  return Verdict{Cause::connecting,
                 Certainty::likely,
                 {"Connecting: the SYN has been sent and not been answered yet.", "正在连接：SYN 已发出，还没有回应。"},
                 {queue_fact(r.now)},
                 where_a_syn_may_end(),
                 {},
                 !r.looked_long()};
}

Answer syn_received(const Reading& r) {
  if (!r.is(State::syn_received)) return std::nullopt;
  if (r.seen.listener && full(*r.seen.listener)) return backlog(r.seen, *r.seen.listener, Certainty::certain);
  if (r.now.retransmits == 0) {
    return Verdict{Cause::connecting,
                   Certainty::likely,
                   {"Connecting: our SYN-ACK has not been answered yet.", "正在连接：我方 SYN-ACK 还没有得到回应。"},
                   {queue_fact(r.now)},
                   {},
                   {},
                   !r.looked_long()};
  }
  return Verdict{
      Cause::handshake_unanswered,
      Certainty::likely,
      phrase("The handshake with {0} stands: our SYN-ACK was sent {1} times again and never answered.",
             "与 {0} 的握手停住了：我方 SYN-ACK 已重发 {1} 次，从无回应。",
             {r.now.remote.str(), count(static_cast<std::uint64_t>(r.now.retransmits))}),
      {queue_fact(r.now)},
      {{"a SYN flood with forged addresses, if there are many", "若数量很多：伪造地址的 SYN 洪水"},
       {"the way back to the client is cut or filtered", "回到客户端的路径断了或被过滤"}},
      {"Count them: `loquat wire why` lists each. Many different addresses: a flood. One network: its way back.",
       "数一数：loquat wire why 会全部列出。地址各不相同：洪水；来自同一网络：查它的返回路径。"},
      false};
}

Answer not_accepted(const Reading& r) {
  bool in_queue = r.now.inode == 0 && r.seen.first.inode == 0;  // no descriptor yet
  if (!in_queue || (!r.is(State::established) && !r.is(State::close_wait))) return std::nullopt;
  Verdict v{Cause::not_accepting,
            r.looked_long() ? Certainty::certain : Certainty::likely,
            phrase("It waits in the backlog: the handshake is done, and the program has not accepted it for {0}.",
                   "它在等待队列里：握手已完成，程序已有 {0} 没有接受它。", {told(r.seen.between)}),
            {queue_fact(r.now), {{"no process has a descriptor of it", "没有进程持有它的描述符"}, Source::kernel}},
            {},
            {"See what the listening program does instead of accept().", "看监听的程序在做什么而没有 accept()。"},
            !r.looked_long()};
  if (v.certainty != Certainty::certain) v.others = {{"it is busy, and accepts later", "它正忙，稍后会接受"}};
  return v;
}

Answer server_has_no_room(const Reading& r) {
  if (!r.peer_seen || r.seen.peer->state != State::syn_received || !r.connected()) return std::nullopt;
  bool no_room = r.seen.listener && full(*r.seen.listener);
  if (!no_room && r.seen.peer->retransmits == 0) return std::nullopt;
  Verdict v = backlog(r.seen, r.seen.listener.value_or(*r.seen.peer), no_room ? Certainty::certain : Certainty::likely);
  v.evidence.push_back({{"we are ESTABLISHED; the server's end is still SYN-RECEIVED: it dropped our handshake's ACK",
                         "我方已是 ESTABLISHED；服务器一端还在 SYN-RECEIVED：它丢弃了握手的 ACK"},
                        Source::kernel});
  return v;
}

}  // namespace loquat::wire::rules
