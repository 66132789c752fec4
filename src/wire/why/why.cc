#include "wire/why/why.h"

#include <algorithm>
#include <array>
#include <map>

#include "wire/why/rules.h"

namespace loquat::wire {

Verdict judge(const Seen& seen) {
  using Rule = rules::Answer (*)(const rules::Reading&);
  // What stands still for a reason of its own comes before what follows from it.
  static constexpr std::array<Rule, 17> in_order = {rules::listener,
                                                    rules::syn_sent,
                                                    rules::syn_received,
                                                    rules::server_has_no_room,
                                                    rules::not_accepted,
                                                    rules::other_end_missing,
                                                    rules::not_read,
                                                    rules::close_wait,
                                                    rules::zero_window,
                                                    rules::arrived_unread,
                                                    rules::unanswered,
                                                    rules::losing,
                                                    rules::keepalive_unanswered,
                                                    rules::closing,
                                                    rules::moving,
                                                    rules::waiting_for_ack,
                                                    rules::idle};
  const rules::Reading reading(seen);
  for (Rule rule : in_order) {
    if (rules::Answer answer = rule(reading)) return *std::move(answer);
  }
  return {Cause::unknown,
          Certainty::possible,
          phrase("{0}: nothing is known of this.", "{0}：对此一无所知。", {name(seen.last.state)}),
          {rules::queue_fact(seen.last)},
          {},
          {},
          false};
}

Verdict judge_absent(const std::string& where, bool may_be_nat) {
  Verdict v{
      Cause::closed_port,
      may_be_nat ? Certainty::likely : Certainty::certain,
      phrase("Nobody listens at {0}: the kernel answers a SYN to it with RST, and connect() fails with ECONNREFUSED.",
             "没有程序在 {0} 监听：内核会对发来的 SYN 回 RST，connect() 得到 ECONNREFUSED。", {where}),
      {{{"no TCP socket of this network namespace has that port", "本网络命名空间里没有 TCP 套接字使用该端口"},
        Source::kernel}},
      {},
      {"Start the server, or look at which address and port it listens (loquat wire why, without argument).",
       "启动服务器，或看它实际监听的地址和端口（不带参数运行 loquat wire why）。"},
      false};
  if (may_be_nat) {
    v.others = {{"a rule on this machine sends the port elsewhere (NAT, a container's published port)",
                 "本机有规则把该端口转到别处（NAT、容器发布的端口）"}};
  }
  return v;
}

std::optional<Verdict> judge_pile(const std::vector<Seen>& all, int ports) {
  std::map<std::string, int> waiting;
  for (const Seen& each : all) {
    if (each.last.state == State::time_wait) ++waiting[each.last.remote.str()];
  }
  auto most = std::max_element(waiting.begin(), waiting.end(), [](auto& a, auto& b) { return a.second < b.second; });
  if (most == waiting.end() || most->second < ports / 2) return std::nullopt;
  std::string count = std::to_string(most->second);
  return Verdict{
      Cause::time_wait_pile,
      most->second > ports * 9 / 10 ? Certainty::certain : Certainty::likely,
      phrase("{0} connections to {1} are in TIME-WAIT, of {2} ports: new ones will soon fail with EADDRNOTAVAIL.",
             "到 {1} 的 {0} 个连接处于 TIME-WAIT，而端口只有 {2} 个：新连接很快会因 EADDRNOTAVAIL 失败。",
             {count, most->first, std::to_string(ports)}),
      {{phrase("each keeps its port for 60 s", "每个占用端口 60 秒"), Source::kernel}},
      {},
      {"Keep connections and use them again (keep-alive, a pool) instead of one per request; let the other side close "
       "first.",
       "复用连接（keep-alive、连接池），不要每个请求建一个；或让对方先关闭。"},
      false};
}

std::string_view name(Cause cause) noexcept {
  static constexpr std::array<std::string_view, 24> names = {"unknown",
                                                             "healthy",
                                                             "idle",
                                                             "listening",
                                                             "connecting",
                                                             "closing",
                                                             "closed",
                                                             "peer-not-reading",
                                                             "application-not-reading",
                                                             "close-wait-leak",
                                                             "not-accepting",
                                                             "backlog-full",
                                                             "syn-filtered",
                                                             "handshake-unanswered",
                                                             "closed-port",
                                                             "path-loss",
                                                             "peer-gone",
                                                             "half-open",
                                                             "fin-wait-2",
                                                             "time-wait-pile",
                                                             "reset-unread-data",
                                                             "reset-linger-0",
                                                             "reset-late-data",
                                                             "reset"};
  return names[static_cast<std::size_t>(cause)];
}

std::string_view name(Certainty certainty) noexcept {
  static constexpr std::array<std::string_view, 3> names = {"possible", "likely", "certain"};
  return names[static_cast<std::size_t>(certainty)];
}

int severity(Cause cause) noexcept {
  if (cause >= Cause::peer_not_reading) return cause == Cause::fin_wait_2 || cause == Cause::time_wait_pile ? 1 : 2;
  return 0;
}

Text word(const Verdict& verdict) {
  std::string text(name(verdict.cause));
  if (severity(verdict.cause) > 0 && verdict.certainty != Certainty::certain) text += '?';
  return {text, text};
}

}  // namespace loquat::wire
