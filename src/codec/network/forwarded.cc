#include "codec/network/forwarded.h"

#include <string>

#include "codec/text/chars.h"

namespace loquat::codec {
namespace {

// Removes what stands before text[at] and the separator there from the front of `text` and returns it.
std::string_view cut(std::string_view& text, std::size_t at) {
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return trim_spaces(part);
}

// Cuts at the next `separator` outside of quotes. Nothing if `text` ends inside of quotes.
std::optional<std::string_view> next_unquoted(std::string_view& text, char separator) {
  bool quoted = false;
  std::size_t at = 0;
  for (; at < text.size() && (quoted || text[at] != separator); ++at) {
    if (text[at] == '"') quoted = !quoted;
    if (quoted && text[at] == '\\') ++at;
  }
  if (quoted) return {};
  return cut(text, at);
}

std::string without_quotes(std::string_view value) {
  if (value.size() < 2 || !value.starts_with('"') || !value.ends_with('"')) return std::string(value);
  value = value.substr(1, value.size() - 2);
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\' && i + 1 < value.size()) ++i;
    out += value[i];
  }
  return out;
}

// An address, with or without a port. RFC 7239 puts IPv6 into brackets; X-Forwarded-For mostly has it without.
std::optional<IpAddress> read_address(std::string_view node) {
  if (node.starts_with('[')) {
    const std::size_t end = node.find(']');
    if (end == std::string_view::npos) return {};
    const std::string_view after = node.substr(end + 1);
    return after.empty() || after[0] == ':' ? IpAddress::parse(node.substr(1, end - 1)) : std::nullopt;
  }
  const std::size_t colon = node.find(':');
  const bool one = colon != std::string_view::npos && node.find(':', colon + 1) == std::string_view::npos;
  return IpAddress::parse(one ? node.substr(0, colon) : node);
}

ForwardedNode read_node(std::string_view node) {
  const std::string_view name = node.substr(0, node.find(':'));
  if (name.starts_with('_') || equal_ignoring_case(name, "unknown")) return {.address = {}, .withheld = true};
  return {.address = read_address(node), .withheld = false};
}

// An element has no open quote, so none of its pairs has.
ForwardedNode read_element(std::string_view element) {
  while (!element.empty()) {
    const std::string_view pair = next_unquoted(element, ';').value_or("");
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (!equal_ignoring_case(pair.substr(0, equals), "for")) continue;
    return read_node(without_quotes(pair.substr(std::min(equals + 1, pair.size()))));
  }
  return {.address = {}, .withheld = true};
}

}  // namespace

void read_x_forwarded_for(std::string_view value, ForwardedFrom& out) {
  while (!value.empty()) {
    const std::string_view node = cut(value, value.find(','));
    if (!node.empty()) out.push_back(read_node(node));
  }
}

bool read_forwarded(std::string_view value, ForwardedFrom& out) {
  while (!value.empty()) {
    const auto element = next_unquoted(value, ',');
    if (!element) return false;
    if (!element->empty()) out.push_back(read_element(*element));
  }
  return true;
}

}  // namespace loquat::codec
