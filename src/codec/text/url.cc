#include "codec/text/url.h"

#include <algorithm>
#include <vector>

#include "codec/text/chars.h"
#include "codec/text/utf8.h"

namespace loquat::codec {
namespace {

// RFC 3986 s.3.2.2 reg-name, without percent-encoding, which no host that we answer for needs.
bool is_name_char(char c) noexcept {
  return is_digit(c) || is_alpha(c) || std::string_view("-._~!$&'()*+;=").find(c) != std::string_view::npos;
}

// Whether `text` could be IPv6: 2 to 7 colons, at most one "::", groups of up to 4 digits, maybe an IPv4 tail.
bool is_ipv6(std::string_view text) noexcept {
  const auto colons = std::count(text.begin(), text.end(), ':');
  if (text.size() > 45 || colons < 2 || colons > 8) return false;
  if (text.find(":::") != std::string_view::npos) return false;
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos ? colons > 7 : text.find("::", gap + 1) != std::string_view::npos) return false;
  if (text.starts_with(':') && !text.starts_with("::")) return false;
  if (text.ends_with(':') && !text.ends_with("::")) return false;
  const std::size_t tail = text.rfind(':') + 1;
  std::size_t group = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.' ? i < tail : text[i] != ':' && hex_value(text[i]) < 0) return false;
    group = text[i] == ':' ? 0 : group + 1;
    if (group > 4 && text.find('.', tail) == std::string_view::npos) return false;
  }
  return true;
}

bool is_port(std::string_view text) noexcept {
  if (text.size() > 5 || !std::all_of(text.begin(), text.end(), is_digit)) return false;
  unsigned value = 0;
  for (char c : text) value = value * 10 + static_cast<unsigned>(c - '0');
  return value <= 65535;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high << 4 | low);
      i += 2;
    }
    if (c == '\0') return std::nullopt;
    out += c;
  }
  return out;
}

std::optional<std::string> normalize_path(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  std::vector<std::string> segments;
  bool directory = true;
  while (!path.empty()) {
    path.remove_prefix(1);  // the '/'
    const std::string_view raw = path.substr(0, path.find('/'));
    path.remove_prefix(raw.size());
    std::optional<std::string> segment = percent_decode(raw);
    if (!segment || !is_utf8(*segment)) return std::nullopt;
    const auto bad = [](char c) { return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 32 || c == 127; };
    if (std::any_of(segment->begin(), segment->end(), bad)) return std::nullopt;
    directory = segment->empty() || *segment == "." || *segment == "..";
    if (*segment == "..") {
      if (segments.empty()) return std::nullopt;
      segments.pop_back();
    } else if (!directory) {
      segments.push_back(std::move(*segment));
    }
  }
  std::string out;
  for (const std::string& segment : segments) (out += '/') += segment;
  if (directory) out += '/';
  return out;
}

std::optional<std::string> query_value(std::string_view query, std::string_view key) {
  while (!query.empty()) {
    const std::string_view item = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(item.size() + 1, query.size()));
    const std::size_t equals = item.find('=');
    if (percent_decode(item.substr(0, equals)) != key) continue;
    std::string value(equals == std::string_view::npos ? std::string_view() : item.substr(equals + 1));
    std::replace(value.begin(), value.end(), '+', ' ');
    return percent_decode(value);
  }
  return std::nullopt;
}

std::optional<Authority> split_authority(std::string_view text) noexcept {
  Authority out;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    out.host = text.substr(1, end - 1);
    out.ip_literal = true;
    if (!is_ipv6(out.host)) return std::nullopt;
    text.remove_prefix(end + 1);
  } else {
    out.host = text.substr(0, text.find(':'));
    if (out.host.empty() || out.host.size() > 255) return std::nullopt;
    if (!std::all_of(out.host.begin(), out.host.end(), is_name_char)) return std::nullopt;
    text.remove_prefix(out.host.size());
  }
  if (text.empty()) return out;
  if (text.front() != ':') return std::nullopt;
  out.port = text.substr(1);
  if (!is_port(out.port)) return std::nullopt;
  return out;
}

}  // namespace loquat::codec
