// service_nick.cc - is_service_nick(): names that belong to nobody.
#include <algorithm>
#include <array>
#include <string>
#include <unordered_set>

#include "codec/text/chars.h"
#include "codec/text/names.h"
#include "codec/text/utf8.h"

namespace loquat::codec {
namespace {

constexpr std::array<std::string_view, 30> names = {
    "global",    "services", "service",   "ns",         "operator",   "admin", "administrator", "sysadmin",
    "sysop",     "root",     "server",    "system",     "loquat",     "help",  "support",       "security",
    "moderator", "ircop",    "webmaster", "hostmaster", "postmaster", "系统",  "系统消息",      "系统通知",
    "系統",      "服务器",   "伺服器",    "管理员",     "管理員",     "操作员"};

// The letters below the accents of U+00C0 to U+017E; '.': none.
constexpr std::string_view latin_letters =
    "aaaaaa.ceeeeiiii.nooooo.ouuuuy..aaaaaa.ceeeeiiii.nooooo.ouuuuy.y"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii..jjkk.llllll..llnnnnnn...oooooo.."
    "rrrrrrssssssssttttttuuuuuuuuuuuu"
    "wwyyyzzzzzz";
static_assert(latin_letters.size() == 0x17F - 0xC0);

char32_t without_accent(char32_t c) noexcept {
  const bool known = c >= 0xC0 && c < 0xC0 + latin_letters.size() && latin_letters[c - 0xC0] != '.';
  return known ? static_cast<unsigned char>(latin_letters[c - 0xC0]) : c;
}

// The letter that a character of a skeleton may stand for; 0 for punctuation.
char32_t letter_for(char32_t c) noexcept {
  constexpr std::string_view digits = "oizeasgtbg";
  c = without_accent(c);
  if (c >= '0' && c <= '9') return static_cast<unsigned char>(digits[c - '0']);
  if (c == 'l') return 'i';
  return c < 0x80 && !is_alpha(static_cast<char>(c)) ? 0 : c;
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
}

// A name in the form in which those that people take for each other are equal.
std::string key_of(std::string_view nick) {
  while (!nick.empty() && static_cast<unsigned char>(nick.back()) < 0x80 && !is_alpha(nick.back())) {
    nick.remove_suffix(1);
  }
  std::string key;
  const std::string skeleton = name_skeleton(nick);
  for (std::string_view rest = skeleton; !rest.empty();) {
    const Utf8Char c = decode_utf8(rest);
    rest.remove_prefix(c.length);
    if (const char32_t letter = letter_for(c.value)) append_utf8(key, letter);
  }
  replace_all(key, "rn", "m");
  replace_all(key, "vv", "w");
  return key;
}

}  // namespace

bool is_service_nick(std::string_view nick) {
  static const std::unordered_set<std::string> keys = [] {
    std::unordered_set<std::string> all;
    for (const std::string_view name : names) all.insert(key_of(name));
    return all;
  }();
  const std::string key = key_of(nick);
  return key.ends_with("serv") || keys.contains(key);
}

}  // namespace loquat::codec
