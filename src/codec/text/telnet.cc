#include "codec/text/telnet.h"

namespace loquat::codec {
namespace {

constexpr unsigned char telnet_se = 240, telnet_sb = 250, telnet_will = 251, telnet_wont = 252, telnet_do = 253,
                        telnet_dont = 254, telnet_iac = 255;

}  // namespace

void TelnetFilter::feed(std::string_view bytes, std::string& text, std::string& replies) {
  for (char byte : bytes) {
    const auto c = static_cast<unsigned char>(byte);
    switch (state_) {
      case State::cr:
        state_ = State::text;
        if (c == 0) {
          text += '\n';  // the CR went out before
          break;
        }
        [[fallthrough]];
      case State::text:
        if (c == telnet_iac) {
          state_ = State::iac;
          seen_ = true;
          break;
        }
        text += byte;
        if (c == '\r') state_ = State::cr;
        break;
      case State::iac:
        on_iac(c);
        break;
      case State::will:
      case State::wont:
      case State::do_:
      case State::dont:
        on_option(c, replies);
        break;
      case State::sub:
        if (c == telnet_iac) state_ = State::sub_iac;
        break;
      case State::sub_iac:
        state_ = c == telnet_se ? State::text : State::sub;
        break;
    }
  }
}

void TelnetFilter::on_iac(unsigned char c) {
  switch (c) {
    case telnet_will:
      state_ = State::will;
      break;
    case telnet_wont:
      state_ = State::wont;
      break;
    case telnet_do:
      state_ = State::do_;
      break;
    case telnet_dont:
      state_ = State::dont;
      break;
    case telnet_sb:
      state_ = State::sub;
      break;
    default:
      state_ = State::text;  // a command of one byte, or an escaped 255
  }
}

// RFC 1143: an option is off from the start, so WONT and DONT need no answer, and a second offer gets none.
void TelnetFilter::on_option(unsigned char option, std::string& replies) {
  const bool offer = state_ == State::will, request = state_ == State::do_;
  state_ = State::text;
  if (!offer && !request) return;
  std::bitset<256>& declined = offer ? declined_will_ : declined_do_;
  if (declined[option]) return;
  declined[option] = true;
  replies += static_cast<char>(telnet_iac);
  replies += static_cast<char>(offer ? telnet_dont : telnet_wont);
  replies += static_cast<char>(option);
}

}  // namespace loquat::codec
