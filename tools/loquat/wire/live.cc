#include "live.h"

#include <algorithm>
#include <utility>

namespace loquat::tool {
namespace {

WireOutputOptions with_ports(WireOutputOptions options) {
  options.several = true;
  return options;
}

}  // namespace

WireLive::WireLive(const WireOutputOptions& output, const std::string& where, std::optional<std::size_t> stream)
    : output_(with_ports(output)), stream_(stream) {
  begin_.scenario = "live";
  begin_.system = where;
  begin_.source = wire::Source::inferred;
}

bool WireLive::add(const codec::CapturedPacket& packet) {
  const bool first = tracker_.frames() == 0;
  auto seen = tracker_.add(packet);
  if (first) {
    begin_.wall_ns = packet.time_ns;
    output_.add(begin_);
  }
  last_ = std::max(last_, seen.frame.delivered);
  if (!stream_ || seen.connection == stream_) output_.add(std::move(seen.frame));
  return !output_.failed();
}

void WireLive::finish(const wire::Text& note) {
  if (tracker_.frames() == 0) output_.add(begin_);
  if (!note.empty()) output_.add(wire::Note{last_, note});
  output_.finish();
}

}  // namespace loquat::tool
