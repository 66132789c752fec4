// The rules for who has been sent something and does not take it.
#include <chrono>

#include "wire/why/rules.h"

namespace loquat::wire::rules {
namespace {

using std::chrono::seconds;

// The FIN counts as one byte of Recv-Q until the application has read the end.
std::uint32_t unread_bytes(const kernel::SocketFacts& socket) {
  bool end_too = socket.state == State::close_wait && socket.recv_queue > 0;
  return socket.recv_queue - (end_too ? 1 : 0);
}

Verdict reads_slowly(const Reading& r) {
  return {Cause::healthy,
          Certainty::certain,
          phrase("Slow but moving: our application has read {0} B within {1}, and {2} B wait.",
                 "慢但在前进：我方应用 {1} 内读了 {0} 字节，还有 {2} 字节在等待。",
                 {count(r.consumed), told(r.seen.between), count(r.now.recv_queue)}),
          {queue_fact(r.now)},
          {},
          {},
          false};
}

bool peer_has_let_go(const Reading& r) {
  if (!r.seen.peer_is_here) return false;
  return !r.seen.peer || r.seen.peer->inode == 0;  // an orphan in FIN-WAIT-2, or not even that
}

Verdict leak(const Reading& r) {
  Text owner = who_text(r.seen.owners, r.now);
  Text sentence =
      phrase("CLOSE-WAIT for {0}: the peer has closed; our application {1} has not.",
             "CLOSE-WAIT 已 {0}：对方已关闭；我方应用 {1} 没有关闭。", {told(r.info.last_ack_received), owner});
  Text seen_end = r.now.recv_queue == 0
                      ? Text{"it has read the end of the stream (recv() gave 0 bytes) and does not close()",
                             "它已读到流的结尾（recv() 返回 0），却没有 close()"}
                      : phrase("it has not read the end of the stream yet: {0} B lie before it",
                               "它还没读到流的结尾：前面还有 {0} 字节", {count(unread_bytes(r.now))});
  Verdict v{
      Cause::close_wait_leak,
      Certainty::likely,
      sentence,
      {queue_fact(r.now), {seen_end, Source::kernel}},
      {},
      {"A path in that program forgets close() after recv() gave 0 (or after an error). Each such socket costs a "
       "descriptor until the process ends.",
       "该程序有一条路径在 recv() 返回 0（或出错）之后忘了 close()。每个这样的套接字占一个描述符，直到进程结束。"},
      false};
  bool old = r.info.last_ack_received >= seconds(60);
  if (r.looked_long() && (peer_has_let_go(r) || old)) {
    v.certainty = Certainty::certain;
    if (peer_has_let_go(r))
      v.evidence.push_back({{"the peer's application has let go of its end: no answer can be wanted",
                             "对方应用已放开它那一端：不会再等回答"},
                            Source::kernel});
  } else {
    v.look_longer = peer_has_let_go(r) && !r.looked_long();
    v.others = {{"a half-close: the peer has only shut down its sending side and waits for our answer",
                 "半关闭：对方只关了发送方向，在等我方的回答"}};
  }
  return v;
}

}  // namespace

Answer not_read(const Reading& r) {
  bool open = r.is(State::established) || r.is(State::fin_wait_1) || r.is(State::fin_wait_2);
  if (!open || r.now.recv_queue == 0 || r.seen.first.recv_queue == 0) return std::nullopt;
  if (r.consumed > 0) return reads_slowly(r);
  Text owner = who_text(r.seen.owners, r.now);
  Verdict v{Cause::application_not_reading,
            Certainty::likely,
            phrase("STUCK: our application {0} is not reading: {1} B wait, the newest for {2}.",
                   "已卡住：我方应用 {0} 没有读数据：{1} 字节在等待，最新的已等 {2}。",
                   {owner, count(r.now.recv_queue), told(r.info.last_data_received)}),
            {queue_fact(r.now),
             {phrase("within {0} it has read nothing, and {1} B came", "{0} 内它什么也没读，又来了 {1} 字节",
                     {told(r.seen.between), count(r.received)}),
              Source::kernel}},
            {},
            {"See what that process does: `gdb -p PID -batch -ex bt`, `cat /proc/PID/stack` (root), strace -p PID.",
             "看该进程在做什么：gdb -p PID -batch -ex bt、cat /proc/PID/stack（root）、strace -p PID。"},
            false};
  if (r.now.send_queue > 0 && r.now.timer == kernel::Timer::persist) {
    v.evidence.push_back(
        {{"it is blocked in sending, too: the peer's window is 0. If both ends only write, neither will ever read.",
          "它的发送也被挡住：对方窗口为 0。两端都只写，就谁也不会读。"},
         Source::kernel});
  }
  if (r.looked_long()) {
    v.certainty = Certainty::certain;
  } else {
    v.look_longer = true;
    v.others = {{"it is busy, and reads later than this was looked at", "它正忙，比观察的时间更晚才读"}};
  }
  return v;
}

Answer close_wait(const Reading& r) {
  if (!r.is(State::close_wait) || r.seen.first.state != State::close_wait) return std::nullopt;
  if (r.now.send_queue > 0) return std::nullopt;  // still sending: the rules for senders
  if (r.acked > 0 || r.consumed > 0 || r.info.last_data_sent < r.seen.between) {
    return Verdict{
        Cause::healthy,
        Certainty::likely,
        {"The peer has closed its sending side, and ours is still in use.", "对方已关闭发送方向，我方还在使用连接。"},
        {queue_fact(r.now)},
        {},
        {},
        false};
  }
  return leak(r);
}

}  // namespace loquat::wire::rules
