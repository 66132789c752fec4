// caps.h - the IRCv3 capabilities that the IRC door offers.
//
// Layer: doors (docs/layers.txt).  Source: ircv3.net/registry.
#pragma once

#include <array>
#include <string_view>

namespace loquat::doors {

// A client's capabilities are a set of these bits.
namespace irc_cap {
inline constexpr unsigned server_time = 1;
inline constexpr unsigned message_tags = 2;
inline constexpr unsigned echo_message = 4;
inline constexpr unsigned batch = 8;
inline constexpr unsigned labeled_response = 16;
inline constexpr unsigned chathistory = 32;
inline constexpr unsigned userhost_in_names = 64;
inline constexpr unsigned standard_replies = 128;
inline constexpr unsigned cap_notify = 256;    // ours never change
inline constexpr unsigned multi_prefix = 512;  // nobody has two
inline constexpr unsigned away_notify = 1024;
inline constexpr unsigned resume = 2048;  // ours: registration.cc
}  // namespace irc_cap

struct IrcCap {
  std::string_view name;
  unsigned bit;
};

inline constexpr std::array<IrcCap, 12> irc_caps{{
    {"away-notify", irc_cap::away_notify},
    {"batch", irc_cap::batch},
    {"cap-notify", irc_cap::cap_notify},
    {"draft/chathistory", irc_cap::chathistory},
    {"echo-message", irc_cap::echo_message},
    {"labeled-response", irc_cap::labeled_response},
    {"loquat/resume", irc_cap::resume},
    {"message-tags", irc_cap::message_tags},
    {"multi-prefix", irc_cap::multi_prefix},
    {"server-time", irc_cap::server_time},
    {"standard-replies", irc_cap::standard_replies},
    {"userhost-in-names", irc_cap::userhost_in_names},
}};

// 0 if we do not have it. Names are compared as they are.
constexpr unsigned irc_cap_bit(std::string_view name) noexcept {
  for (const IrcCap& cap : irc_caps) {
    if (cap.name == name) return cap.bit;
  }
  return 0;
}

}  // namespace loquat::doors
