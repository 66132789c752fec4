#include "wire/lab/tcp_states.h"

#include <chrono>
#include <thread>

namespace loquat::wire {
namespace {

std::size_t slot(Side side) { return static_cast<std::size_t>(side); }

}  // namespace

TcpStates::TcpStates(const kernel::PrivateNetwork& network) {
  for (const Side side : {Side::client, Side::server})
    network.in(side, [&] { diag_[slot(side)] = std::make_unique<kernel::SockDiag>(); });
}

// The kernel answers with the listening socket when there is none of this connection (any more).
std::optional<kernel::SocketFacts> TcpStates::facts(Side side, const AddressPair& pair, kernel::Detail detail) {
  const bool client = side == Side::client;
  return diag_[slot(side)]->exact(client ? pair.client : pair.server, client ? pair.server : pair.client, detail);
}

State TcpStates::of(Side side, const AddressPair& pair) {
  if (without_tcp_) return State::unknown;
  const auto found = facts(side, pair);
  Asked& asked = asked_[pair.str()];
  asked.pair = pair;
  bool& opened = asked.open[slot(side)];
  if (found && found->state != State::listen) {
    opened = true;
    return found->state;
  }
  return found && !opened ? State::listen : State::closed;
}

States TcpStates::of(const AddressPair& pair) { return {of(Side::client, pair), of(Side::server, pair)}; }

States TcpStates::settled(const AddressPair& pair) {
  States last = of(pair);
  for (int same = 0; same < 2;) {
    std::this_thread::sleep_for(std::chrono::microseconds(50));
    const States again = of(pair);
    same = again == last ? same + 1 : 0;
    last = again;
  }
  return last;
}

std::optional<Congestion> TcpStates::congestion(Side side, const AddressPair& pair) {
  const auto found = facts(side, pair, kernel::Detail::info);
  if (!found || !found->info || found->state == State::listen) return std::nullopt;
  return Congestion{found->info->congestion_window, found->info->slow_start_threshold, found->info->rtt};
}

bool TcpStates::unconfirmed() {
  for (const auto& [text, asked] : asked_)
    for (const Side side : {Side::client, Side::server}) {
      const auto found = facts(side, asked.pair);
      if (found && found->state != State::listen && found->timer == kernel::Timer::retransmit) return true;
    }
  return false;
}

}  // namespace loquat::wire
