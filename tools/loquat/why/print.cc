#include "print.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include <fmt/core.h>

#include "codec/text/utf8.h"
#include "wire/text/texts.h"

namespace loquat::tool {
namespace {

using wire::kernel::SocketFacts;

bool coloured() {
  static const bool yes = ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  return yes;
}

std::string in_colour(const std::string& text, wire::Cause cause) {
  if (!coloured()) return text;
  static constexpr const char* colours[] = {"32", "33", "31"};
  return fmt::format("\x1b[{}m{}\x1b[0m", colours[wire::severity(cause)], text);
}

std::string holder(const SocketFacts& socket, const std::vector<wire::kernel::Owner>& owners) {
  if (owners.empty()) return socket.inode == 0 ? "-" : fmt::format("uid {}", socket.uid);
  const wire::kernel::Owner& owner = owners.front();
  return codec::sanitize_line(fmt::format("{} ({})", owner.program, owner.pid));
}

std::string timer_of(const SocketFacts& socket) {
  if (socket.timer == wire::kernel::Timer::none) return "-";
  std::string text = fmt::format("{} {}", name(socket.timer), wire::duration_text(socket.expires));
  return socket.retransmits > 0 ? fmt::format("{} x{}", text, socket.retransmits) : text;
}

std::string remote_of(const SocketFacts& socket) { return socket.remote.port() == 0 ? "*" : socket.remote.str(); }

}  // namespace

std::string title_of(const wire::Observation& seen) {
  return fmt::format("{} -> {}  {}  {}", seen.last.local.str(), remote_of(seen.last), name(seen.last.state),
                     holder(seen.last, seen.owners));
}

void print_table_head() {
  fmt::print("{:<24} {:<24} {:<12} {:<18} {:>8} {:>8}  {:<22} {}\n", "LOCAL", "REMOTE", "STATE", "TIMER", "RECV-Q",
             "SEND-Q", "PROCESS", "VERDICT");
}

void print_table_line(const SocketFacts& socket, const std::vector<wire::kernel::Owner>& owners,
                      const wire::Verdict& verdict) {
  fmt::print("{:<24} {:<24} {:<12} {:<18} {:>8} {:>8}  {:<22} {}\n", socket.local.str(), remote_of(socket),
             name(socket.state), timer_of(socket), socket.recv_queue, socket.send_queue, holder(socket, owners),
             in_colour(cause_text(verdict), verdict.cause));
}

void print_verdict(const std::string& title, const wire::Verdict& verdict, wire::Language language) {
  auto line = [language](std::string_view label, const wire::Text& text) {
    fmt::print("  {:<9} {}\n", label, codec::sanitize_line(wire::in(language, text)));
  };
  fmt::print("{}\n  {} ({})\n", title, in_colour(std::string(name(verdict.cause)), verdict.cause),
             name(verdict.certainty));
  line("", verdict.sentence);
  for (const wire::Fact& each : verdict.evidence) line(name(each.source), each.text);
  for (const wire::Text& each : verdict.others) line(wire::in(language, wire::texts::or_else), each);
  if (!verdict.next.empty()) line(wire::in(language, wire::texts::next_step), verdict.next);
}

}  // namespace loquat::tool
