// The rules of packet_story.h: from what was on the wire to a verdict.
#include <algorithm>

#include "wire/text/phrase.h"
#include "wire/why/packet_story.h"

namespace loquat::wire {
namespace {

using Answer = std::optional<Verdict>;

constexpr std::int64_t second = 1'000'000'000;

std::string number(std::uint64_t n) { return std::to_string(n); }
std::string span_of(std::int64_t ns) { return told(Duration(ns)); }

Fact captured(Text text) { return {std::move(text), Source::captured}; }

Verdict conclude(Cause cause, Certainty certainty, Text sentence, std::vector<Fact> evidence, std::vector<Text> others,
                 Text next) {
  return {cause, certainty, std::move(sentence), std::move(evidence), std::move(others), std::move(next), false};
}

const Text closed_with_linger{"it closed with SO_LINGER 0", "它以 SO_LINGER 0 关闭"};
const Text closed_unread{"it closed with data unread", "它关闭时还有数据未读"};
const Text firewall_sent_it{"a firewall between sent the RST", "RST 是中间的防火墙发的"};

// An RST,ACK out of its own: SO_LINGER 0 or unread data. The counters of a recording settle it.
Verdict aborted(const PacketEvidence& e, const StoryReset& reset, const std::string& who) {
  auto unread = kernel::value(e.counters, "TCPAbortOnClose"), linger = kernel::value(e.counters, "TCPAbortOnData");
  bool told = (unread > 0) != (linger > 0);
  bool may_be_unread = reset.bytes_it_got > 0;
  bool is_unread = told ? unread > 0 : may_be_unread && !reset.spoke_since_data;
  Text sentence = is_unread ? phrase("{0} reset it: it closed with data unread, so the kernel sent RST instead of FIN.",
                                     "{0} 重置了它：关闭时还有数据未读，内核因此发 RST 而不是 FIN。", {who})
                            : phrase("{0} reset it: it closed with SO_LINGER 0, so RST instead of FIN.",
                                     "{0} 重置了它：以 SO_LINGER 0 关闭，发 RST 而不是 FIN。", {who});
  std::vector<Fact> evidence = {
      captured(phrase("RST,ACK from {0}, which had got {1} B{2}", "{0} 发出 RST,ACK，它此前收到 {1} 字节{2}",
                      {who, number(reset.bytes_it_got),
                       reset.spoke_since_data ? Text{" and answered since", "，之后有过回答"} : Text{}}))};
  if (told) {
    evidence.push_back({phrase("the kernel counted {0}", "内核计数 {0}",
                               {std::string(is_unread ? "TCPAbortOnClose" : "TCPAbortOnData")}),
                        Source::reported});
    return conclude(is_unread ? Cause::reset_unread_data : Cause::reset_linger_0,
                    e.is_alone ? Certainty::certain : Certainty::likely, sentence, evidence,
                    e.is_alone ? std::vector<Text>{}
                               : std::vector<Text>{{"the counter is another connection's", "计数属于另一个连接"}},
                    {});
  }
  std::vector<Text> others = {is_unread ? closed_with_linger : closed_unread,
                              {"it gave up: its keepalive or its user timeout ran out", "它放弃了：保活或用户超时到期"},
                              firewall_sent_it};
  if (!may_be_unread)
    others = {{"its listener was closed before it was accepted", "还没被 accept 时监听套接字就关闭了"},
              firewall_sent_it};
  return conclude(is_unread ? Cause::reset_unread_data : Cause::reset_linger_0, Certainty::likely, sentence, evidence,
                  others,
                  {"Packets do not tell these apart; `loquat wire why PORT --follow` on that host does.",
                   "仅凭报文无法区分；在那台主机上运行 loquat wire why PORT --follow 可以。"});
}

Answer was_reset(const PacketEvidence& e) {
  if (!e.connection.reset) return std::nullopt;
  const StoryReset& reset = *e.connection.reset;
  std::string who = e.connection.ends[reset.from].endpoint.text();
  if (reset.answers_syn) {
    return conclude(Cause::closed_port, Certainty::likely,
                    phrase("Refused: nobody listens at {0}.", "被拒绝：{0} 没有程序监听。", {who}),
                    {captured({"the SYN was answered with RST", "SYN 得到了 RST"})},
                    {{"a firewall that rejects with RST", "用 RST 拒绝的防火墙"}},
                    {"Is the server up, and on this port and address?", "服务器在运行吗？端口和地址对吗？"});
  }
  if (reset.with_ack && reset.unanswered >= 2) {
    return conclude(
        Cause::peer_gone, Certainty::likely,
        phrase("{0} gave up: the other end did not answer any more; it is gone, or the path to it is cut.",
               "{0} 放弃了：另一端不再应答；它已消失，或到它的路径断了。", {who}),
        {captured(phrase("RST after {0} probes or repetitions without an answer", "{0} 次探测或重发无回应之后发出 RST",
                         {number(static_cast<std::uint64_t>(reset.unanswered))}))},
        {{"a firewall has forgotten the connection", "防火墙忘记了这个连接"}},
        {"Ask that host; then firewalls and links between.", "查那台主机，再查中间的防火墙和链路。"});
  }
  if (!reset.with_ack && reset.after_own_fin && reset.after_fin >= second) {
    std::string keeper = e.connection.ends[1 - reset.from].endpoint.text();
    return conclude(
        Cause::close_wait_leak, Certainty::likely,
        phrase("{0} stayed in CLOSE-WAIT for {1} after {2} had closed, then still sent something, and got RST.",
               "{2} 关闭之后，{0} 在 CLOSE-WAIT 停留了 {1}，之后仍在发送，得到 RST。",
               {keeper, span_of(reset.after_fin), who}),
        {captured(
            {"FIN, and long after it data from the other end, then RST", "先 FIN，很久之后另一端发来数据，然后 RST"})},
        {{"a half-close: it worked on its answer for so long", "半关闭：它准备回答用了这么久"}},
        {"A path in the program there forgets close() after recv() gave 0.",
         "那里的程序有一条路径在 recv() 返回 0 之后忘了 close()。"});
  }
  if (!reset.with_ack && reset.after_own_fin) {
    return conclude(Cause::reset_late_data, Certainty::likely,
                    phrase("{0} had closed already, and answered what still came with RST.",
                           "{0} 早已关闭，对之后到来的数据回了 RST。", {who}),
                    {captured({"FIN, then data from the other end, then RST", "先 FIN，再有对方数据，然后 RST"})},
                    {closed_unread,
                     {"its program had waited for long in vain: the other end had forgotten close() (CLOSE-WAIT)",
                      "它的程序早已等不下去：另一端忘了 close()（CLOSE-WAIT）"}},
                    {"The other end should stop sending when recv() gives 0, or both agree who closes first.",
                     "另一端在 recv() 返回 0 后应停止发送，或约定谁先关闭。"});
  }
  if (!reset.with_ack && reset.answers_at_once) {
    return conclude(
        Cause::half_open, Certainty::likely,
        phrase("Half-open: {0} no longer knew the connection, and answered what came with RST.",
               "半开连接：{0} 已不认识这个连接，对到来的报文回了 RST。", {who}),
        {captured({"RST without ACK, as an answer to a segment: so a kernel answers what belongs to no socket",
                   "对某个报文段回不带 ACK 的 RST：内核对不属于任何套接字的报文就是这样回的"})},
        {firewall_sent_it},
        {"Its program or host was started anew. Keepalive or a heartbeat finds this out earlier.",
         "它的程序或主机重启过。保活或心跳能更早发现。"});
  }
  return aborted(e, reset, who);
}

Answer handshake_stands(const PacketEvidence& e) {
  const StoryEnd& client = e.connection.ends[0];
  const StoryEnd& server = e.connection.ends[1];
  bool again_and_again = server.syn_acks_after_ack > 1 || (server.syn_acks_after_ack == 1 && client.syns == 1);
  if (again_and_again && server.bytes == 0) {
    return conclude(Cause::backlog_full, Certainty::likely,
                    phrase("The backlog of {0} is full: it dropped the handshake's last ACK.",
                           "{0} 的等待队列已满：它丢弃了握手的最后一个 ACK。", {server.endpoint.text()}),
                    {captured(phrase("SYN-ACK {0} times again after the client had acknowledged it",
                                     "客户端确认之后 SYN-ACK 又重发了 {0} 次",
                                     {number(static_cast<std::uint64_t>(server.syn_acks_after_ack))}))},
                    {{"that ACK was lost on the way", "那个 ACK 在路上丢了"}},
                    {"See why that server does not accept(): loquat wire why PORT there.",
                     "看那台服务器为什么不 accept()：在那里运行 loquat wire why PORT。"});
  }
  if (client.syns == 0 || server.segments > 0) return std::nullopt;
  Fact seen =
      captured(phrase("{0} SYNs within {1}, and nothing came back", "{1} 内 {0} 个 SYN，没有任何回应",
                      {number(static_cast<std::uint64_t>(client.syns)), span_of(client.last - e.connection.began)}));
  if (client.syns == 1)
    return conclude(Cause::connecting, Certainty::possible,
                    {"One SYN, and the capture ends before an answer.", "只有一个 SYN，抓包在回应之前就结束了。"},
                    {seen}, {}, {});
  if (e.server_answers_others) {
    return conclude(Cause::backlog_full, Certainty::likely,
                    phrase("The backlog of {0} is full: it answers others, and drops these SYNs.",
                           "{0} 的等待队列已满：它回应别的连接，却丢弃这些 SYN。", {server.endpoint.text()}),
                    {seen},
                    {{"a firewall that limits connections by source or rate", "按来源或速率限制连接的防火墙"},
                     {"these SYNs were lost on the way", "这些 SYN 在路上丢了"}},
                    {"See why that server does not accept(): loquat wire why PORT there.",
                     "看那台服务器为什么不 accept()：在那里运行 loquat wire why PORT。"});
  }
  return conclude(Cause::syn_filtered, Certainty::likely,
                  phrase("SYNs to {0} were not answered at all: most probably a firewall drops them.",
                         "发往 {0} 的 SYN 完全没有回应：很可能被防火墙丢弃。", {server.endpoint.text()}),
                  {seen},
                  {{"the server's backlog is full", "服务器的等待队列已满"}, {"the host is down", "对方主机已关"}},
                  {"Look for a DROP rule on the way; does the host answer on another port?",
                   "查路上的 DROP 规则；该主机别的端口应答吗？"});
}

Answer window_closed(const PacketEvidence& e) {
  for (std::size_t side : {0, 1}) {
    const StoryEnd& reader = e.connection.ends[side];
    if (reader.zero_windows == 0 || e.connection.ends[0].fins + e.connection.ends[1].fins > 1) continue;
    std::int64_t stood = e.end - reader.first_zero;
    bool certain = reader.zero_windows >= 2 && stood >= 3 * second;
    return conclude(
        Cause::peer_not_reading, certain ? Certainty::certain : Certainty::likely,
        phrase("STUCK {0}: the receive window of {1} is 0; its application is not reading.",
               "已卡住 {0}：{1} 的接收窗口为 0；它的应用程序没有读数据。", {span_of(stood), reader.endpoint.text()}),
        {captured(phrase("window 0 announced {0} times, {1} probes, and not opened again",
                         "通告零窗口 {0} 次，被探测 {1} 次，没有再打开",
                         {number(static_cast<std::uint64_t>(reader.zero_windows)),
                          number(static_cast<std::uint64_t>(reader.probes))}))},
        certain ? std::vector<Text>{}
                : std::vector<Text>{{"it reads slowly, and the capture ends too early", "它读得慢，而抓包结束得太早"}},
        {"Look at the program there: what does it do instead of recv()?",
         "查那里的程序：它在做什么而没有调用 recv()？"});
  }
  return std::nullopt;
}

// It was closed for most of the time, or for long, and has been opened since.
Answer window_was_closed(const PacketEvidence& e) {
  for (std::size_t side : {0, 1}) {
    const StoryEnd& reader = e.connection.ends[side];
    std::int64_t all = e.connection.last - e.connection.began;
    if (reader.longest_zero < second / 2 || (reader.longest_zero < 2 * second && reader.longest_zero * 3 < all))
      continue;
    if (e.connection.ends[1 - side].retransmissions >= 3) continue;
    return conclude(
        Cause::peer_not_reading, Certainty::likely,
        phrase("It stood for {0} of {1}: the receive window of {2} was 0; its application did not read.",
               "{1} 中有 {0} 停住：{2} 的接收窗口为 0；它的应用程序没有读数据。",
               {span_of(reader.longest_zero), span_of(all), reader.endpoint.text()}),
        {captured(phrase("the window of {0} was closed for {1}, and then opened again",
                         "{0} 的窗口关闭了 {1}，之后又打开", {reader.endpoint.text(), span_of(reader.longest_zero)}))},
        {{"a pause that is meant", "有意的停顿"}},
        {"Look at the program there: what did it do instead of recv()?",
         "查那里的程序：那时它在做什么而没有调用 recv()？"});
  }
  return std::nullopt;
}

Answer lossy(const PacketEvidence& e) {
  bool nothing_lost = e.connection.fates_known && e.connection.lost == 0;  // sent again because of a delay
  if (nothing_lost || e.too_big) return std::nullopt;
  for (std::size_t side : {0, 1}) {
    const StoryEnd& sender = e.connection.ends[side];
    bool silent = sender.unanswered >= 2 && e.connection.last_from == side;
    int again = sender.retransmissions;
    Fact seen = captured(phrase("{0}: {1} of {2} segments with data sent again", "{0}：{2} 个数据报文段中重发了 {1} 个",
                                {sender.endpoint.text(), number(static_cast<std::uint64_t>(again)),
                                 number(static_cast<std::uint64_t>(sender.data_segments))}));
    if (silent && again >= 2) {
      return conclude(
          Cause::peer_gone, Certainty::likely,
          phrase("{0} does not answer any more: it is gone, or the path to it is cut.",
                 "{0} 不再应答：它已消失，或到它的路径断了。", {e.connection.ends[1 - side].endpoint.text()}),
          {seen,
           captured(phrase("the last {0} segments were repeated and not answered", "最后 {0} 个报文段是重发，没有回应",
                           {number(static_cast<std::uint64_t>(sender.unanswered))}))},
          {{"the path loses most of what is sent", "路径丢失了大部分数据"},
           {"a firewall has forgotten the connection", "防火墙忘记了这个连接"}},
          {"Ask that host; then firewalls and links between.", "查那台主机，再查中间的防火墙和链路。"});
    }
    if (again == 0 || (again < 3 && again * 100 < sender.data_segments)) continue;
    bool many = e.connection.lost > 0 || (again >= 3 && again * 100 >= sender.data_segments);
    if (!many && again >= 3) continue;
    return conclude(
        Cause::path_loss, many ? Certainty::certain : Certainty::likely,
        phrase("The path loses segments: {0} of {1} with data were sent again.",
               "路径丢包：{1} 个数据报文段中重发了 {0} 个。",
               {number(static_cast<std::uint64_t>(again)), number(static_cast<std::uint64_t>(sender.data_segments))}),
        {seen},
        many ? std::vector<Text>{}
             : std::vector<Text>{{"a delay that outlived the timer, so that nothing was lost",
                                  "只是延迟超过了定时器，并没有丢失"}},
        {"Look for the lossy link: mtr, the interfaces' error counters, Wi-Fi, a full queue, a policer.",
         "找出丢包的链路：mtr、网卡错误计数、Wi-Fi、排满的队列、限速。"});
  }
  return std::nullopt;
}

Answer closed_by_one(const PacketEvidence& e) {
  for (std::size_t side : {0, 1}) {
    const StoryEnd& closer = e.connection.ends[side];
    const StoryEnd& keeper = e.connection.ends[1 - side];
    if (closer.fins == 0 || keeper.fins > 0) continue;
    std::int64_t stood = e.end - std::max(closer.fin_at, keeper.data_at);
    bool long_ago = stood >= 3 * second;
    if (keeper.data_at > closer.fin_at && !long_ago)
      return conclude(Cause::healthy, Certainty::likely,
                      phrase("{0} has closed its sending side, and {1} still sends.",
                             "{0} 已关闭发送方向，{1} 仍在发送。", {closer.endpoint.text(), keeper.endpoint.text()}),
                      {}, {}, {});
    if (!long_ago)
      return conclude(Cause::closing, Certainty::possible,
                      phrase("{0} has closed; the capture ends before the other end did.",
                             "{0} 已关闭；抓包在另一端关闭之前就结束了。", {closer.endpoint.text()}),
                      {}, {}, {});
    return conclude(Cause::close_wait_leak, Certainty::likely,
                    phrase("{0} has not closed for {1}, though {2} has: CLOSE-WAIT there.",
                           "{2} 已关闭，而 {0} 已有 {1} 没有关闭：它处于 CLOSE-WAIT。",
                           {keeper.endpoint.text(), span_of(stood), closer.endpoint.text()}),
                    {captured(phrase("FIN from {0}, none from {1}", "{0} 发了 FIN，{1} 没有",
                                     {closer.endpoint.text(), keeper.endpoint.text()}))},
                    {{"a half-close: it still works on its answer", "半关闭：它还在准备回答"}},
                    {"A path in the program there forgets close() after recv() gave 0.",
                     "那里的程序有一条路径在 recv() 返回 0 之后忘了 close()。"});
  }
  return std::nullopt;
}

Verdict as_it_should_be(const PacketEvidence& e) {
  const StoryConnection& c = e.connection;
  Text bytes = phrase("{0} B one way, {1} B the other, {2} segments sent again",
                      "一个方向 {0} 字节，另一个方向 {1} 字节，重发 {2} 个报文段",
                      {number(c.ends[0].bytes), number(c.ends[1].bytes),
                       number(static_cast<std::uint64_t>(c.ends[0].retransmissions + c.ends[1].retransmissions))});
  if (c.ends[0].fins > 0 && c.ends[1].fins > 0)
    return conclude(Cause::closed, Certainty::certain, {"Closed in order.", "已正常关闭。"}, {captured(bytes)}, {}, {});
  if (e.end - c.last >= second) {
    return conclude(
        Cause::idle, Certainty::likely,
        phrase("Idle for the last {0} of the capture.", "抓包的最后 {0} 内空闲。", {span_of(e.end - c.last)}),
        {captured(bytes)}, {{"half-open: an end that vanished looks the same", "半开连接：一端无声消失看起来一样"}},
        {});
  }
  return conclude(Cause::healthy, Certainty::likely,
                  {"Healthy: it moves until the capture ends.", "正常：直到抓包结束都在前进。"}, {captured(bytes)},
                  {{"it stood still just after the capture ended", "抓包刚结束它就停住了"}}, {});
}

}  // namespace

Verdict judge_packets(const PacketEvidence& evidence) {
  for (auto rule : {was_reset, handshake_stands, window_closed, window_was_closed, lossy, closed_by_one}) {
    if (Answer answer = rule(evidence)) return *std::move(answer);
  }
  return as_it_should_be(evidence);
}

}  // namespace loquat::wire
