// live.h - packets as they come, shown as rows of a trace; states are inferred, all connections in one ladder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "codec/capture/capture.h"
#include "output.h"
#include "wire/capture/tracker.h"

namespace loquat::tool {

class WireLive {
 public:
  // `where` says what is captured: "eth0, tcp port 80". `stream`: this connection alone, counted from 0.
  WireLive(const WireOutputOptions& output, const std::string& where, std::optional<std::size_t> stream = {});

  // Returns false if the row could not be written: nobody reads any more.
  bool add(const codec::CapturedPacket& packet);
  // The last row says `note`. Throws std::runtime_error if something could not be written.
  void finish(const wire::Text& note);
  std::size_t frames() const noexcept { return tracker_.frames(); }

 private:
  WireOutput output_;
  wire::Begin begin_;
  std::optional<std::size_t> stream_;
  wire::Tracker tracker_;
  Duration last_{};
};

}  // namespace loquat::tool
