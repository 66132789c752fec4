#include "codec/websocket/extension.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "codec/text/chars.h"

namespace loquat::codec {
namespace {

// Takes what stands before the next separator outside quotes, and the separator.
std::string_view take_until(std::string_view& rest, char separator) noexcept {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < rest.size() && (quoted || rest[end] != separator); ++end) {
    if (rest[end] == '"')
      quoted = !quoted;
    else if (quoted && rest[end] == '\\')
      ++end;
  }
  end = std::min(end, rest.size());
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trim_spaces(taken);
}

// A parameter's value, a token or a quoted one; empty if it is neither.
std::string unquoted_token(std::string_view value) {
  if (!value.starts_with('"')) return is_token(value) ? std::string(value) : std::string();
  std::string out;
  std::size_t i = 1;
  for (; i < value.size() && value[i] != '"'; ++i) {
    if (value[i] == '\\') ++i;
    if (i < value.size()) out += value[i];
  }
  return i + 1 == value.size() && is_token(out) ? out : std::string();
}

// 8 to 15, without a leading zero; otherwise 0.
int read_window_bits(std::string_view value) {
  const std::string text = unquoted_token(value);
  if (text == "8" || text == "9") return text[0] - '0';
  const bool fits = text.size() == 2 && text[0] == '1' && text[1] >= '0' && text[1] <= '5';
  return fits ? 10 + text[1] - '0' : 0;
}

enum DeflateParameter : unsigned { server_keeps_none, client_keeps_none, server_window, client_window };
constexpr std::string_view deflate_parameters[] = {"server_no_context_takeover", "client_no_context_takeover",
                                                   "server_max_window_bits", "client_max_window_bits"};

// An offer of permessage-deflate while its parameters are read.
struct DeflateOffer {
  unsigned seen = 0;  // a bit per DeflateParameter
  int server_bits = 15;

  bool take(std::string_view parameter) {
    const std::size_t equals = parameter.find('=');
    const bool has_value = equals != std::string_view::npos;
    const std::string_view name = trim_spaces(parameter.substr(0, equals));
    const auto* known = std::find(std::begin(deflate_parameters), std::end(deflate_parameters), name);
    if (known == std::end(deflate_parameters)) return false;
    const auto which = static_cast<unsigned>(known - std::begin(deflate_parameters));
    if ((seen >> which & 1) != 0) return false;
    seen |= 1u << which;
    if (which == server_keeps_none || which == client_keeps_none) return !has_value;
    if (!has_value) return which == client_window;  // "the client knows this parameter", s.7.1.2.2
    const int bits = read_window_bits(trim_spaces(parameter.substr(equals + 1)));
    if (which == server_window) server_bits = bits;
    return bits >= (which == server_window ? 9 : 8);
  }
};

std::optional<WebSocketDeflate> accepted_deflate(std::string_view offer) {
  if (offer.ends_with(';') || take_until(offer, ';') != "permessage-deflate") return {};
  DeflateOffer read;
  while (!offer.empty()) {
    if (!read.take(take_until(offer, ';'))) return {};
  }
  WebSocketDeflate out{read.server_bits, "permessage-deflate; server_no_context_takeover; client_no_context_takeover"};
  if ((read.seen >> server_window & 1) != 0)
    out.answer += "; server_max_window_bits=" + std::to_string(out.window_bits);
  return out;
}

}  // namespace

std::optional<WebSocketDeflate> choose_deflate(const HttpRequest& request) {
  for (const HttpField& field : request.fields()) {
    if (!http_equal(field.name, "Sec-WebSocket-Extensions")) continue;
    for (std::string_view rest = field.value; !rest.empty();) {
      if (auto deflate = accepted_deflate(take_until(rest, ','))) return deflate;
    }
  }
  return {};
}

}  // namespace loquat::codec
