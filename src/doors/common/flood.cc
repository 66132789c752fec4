#include "doors/common/flood.h"

#include <algorithm>

#include "doors/common/context.h"
#include "doors/peers/peer.h"

namespace loquat::doors {
namespace {

constexpr std::size_t asked_factor = 10;
constexpr std::size_t clients_of_an_address = 10;
constexpr Duration max_debt = std::chrono::seconds(30);    // of an address
constexpr Duration step = std::chrono::milliseconds(500);  // between looks whether the client has gone

}  // namespace

Paces::Paces(const Options& options, std::size_t clients)
    : shown_(options.flood_burst * clients, options.flood_rate * clients),
      asked_(options.flood_burst * clients * asked_factor, options.flood_rate * clients * asked_factor) {}

Duration Paces::take(LineCost cost, TimePoint time) {
  Duration pause = Duration::zero();
  if (cost.shown > 0) pause = shown_.take(time, cost.shown);
  if (cost.asked > 0) pause = std::max(pause, asked_.take(time, cost.asked));
  return pause;
}

Duration AddressPaces::take(const Options& options, const std::string& place, LineCost cost, TimePoint time) {
  const std::lock_guard lock(mutex_);
  if (paces_.size() >= sweep_at_) {
    std::erase_if(paces_, [time](const auto& entry) { return entry.second.rested(time); });
    sweep_at_ = std::max<std::size_t>(64, 2 * paces_.size());
  }
  Paces& paces = paces_.try_emplace(place, options, clients_of_an_address).first->second;
  const Duration pause = paces.take(cost, time);
  paces.limit(time + max_debt);
  return std::min(pause, max_debt);
}

std::size_t AddressPaces::size() const {
  const std::lock_guard lock(mutex_);
  return paces_.size();
}

Flood::Flood(Context& context, const std::string& peer)
    : context_(context), place_(place_of(peer)), own_(context.options, 1) {}

Duration Flood::arrive(TimePoint time) {
  if (place_.empty() || context_.options.flood_rate == 0) return Duration::zero();
  return context_.address_paces.take(context_.options, place_, {2, 0}, time);
}

Duration Flood::take(LineCost cost, TimePoint time) {
  if (lifted_ || context_.options.flood_rate == 0 || (cost.shown == 0 && cost.asked == 0)) return Duration::zero();
  if (told_ && own_.rested(time)) told_ = false;
  Duration pause = own_.take(cost, time);
  if (!place_.empty()) pause = std::max(pause, context_.address_paces.take(context_.options, place_, cost, time));
  if (pause > Duration::zero() && !told_) ++context_.counters.floods_slowed;
  return pause;
}

std::string Flood::sentence() const {
  return "You type faster than this server reads: your lines are taken at " +
         std::to_string(context_.options.flood_rate) + " a second, and none is lost";
}

void Flood::wait(Link& link, Duration pause, const bool& over) {
  for (; pause > Duration::zero() && !over; pause -= step) link.rest(std::min(pause, step));
}

}  // namespace loquat::doors
