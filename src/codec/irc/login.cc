#include "codec/irc/login.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "codec/text/chars.h"
#include "codec/text/names.h"
#include "codec/text/words.h"

namespace loquat::codec {
namespace {

using std::string_view;

struct Login {
  string_view command;
  std::size_t max_words;  // after it, if it is not in capitals
};
constexpr std::array<Login, 10> logins = {{{"PASS", 1},
                                           {"OPER", 2},
                                           {"AUTHENTICATE", 8},
                                           {"IDENTIFY", 2},
                                           {"WEBIRC", 8},
                                           {"AUTHINFO", 8},
                                           {"PASSWORD", 1},
                                           {"REGISTER", 0},
                                           {"AUTH", 0},
                                           {"LOGIN", 0}}};
// After a slash, each of them with a word behind it.
constexpr std::array<string_view, 9> secret_commands = {"oper",     "pass", "identify", "id",      "authenticate",
                                                        "register", "auth", "login",    "password"};
constexpr std::array<string_view, 6> message_commands = {"msg", "privmsg", "query", "squery", "notice", "m"};
constexpr std::array<string_view, 3> raw_commands = {"quote", "raw", "quot"};
// What services are told along with a password.
constexpr std::array<string_view, 13> service_verbs = {"identify", "id",      "register", "login",  "auth",
                                                       "ghost",    "recover", "release",  "regain", "group",
                                                       "set",      "drop",    "setpass"};

template <std::size_t n>
bool contains(const std::array<string_view, n>& words, string_view word) noexcept {
  return std::any_of(words.begin(), words.end(), [=](string_view each) { return equal_ignoring_case(each, word); });
}

// How many parameters IRC would see: one that begins with a colon takes the rest.
std::size_t count_params(string_view text) noexcept {
  std::size_t count = 0;
  while (!text.empty()) {
    const auto [word, rest] = first_word(text);
    ++count;
    if (word.starts_with(':')) break;
    text = rest;
  }
  return count;
}

bool is_in_capitals(string_view word) noexcept {
  return std::all_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_word_of_login(string_view word, string_view rest, bool capitals_only) noexcept {
  if (rest.empty()) return false;
  const auto found = std::find_if(logins.begin(), logins.end(),
                                  [=](const Login& login) { return equal_ignoring_case(login.command, word); });
  if (found == logins.end()) return false;
  return is_in_capitals(word) || (!capitals_only && count_params(rest) <= found->max_words);
}

// "NickServ identify secret", "msg NickServ :identify secret".
bool is_to_services(string_view text) {
  auto [word, rest] = first_word(text);
  if (contains(message_commands, word)) {
    const auto [target, words] = first_word(rest);
    const std::size_t at = target.find('@');  // "Q@services.example": only services have such an address
    return (at != string_view::npos || is_service_nick(target)) && !words.empty();
  }
  if (!is_service_nick(word)) return false;
  if (rest.starts_with(':')) rest.remove_prefix(1);
  const auto [verb, secret] = first_word(rest);
  return contains(service_verbs, verb) && !secret.empty();
}

}  // namespace

bool is_login(string_view line) {
  line = trim_spaces(line);
  bool capitals_only = false;
  if (line.starts_with('@')) {
    const auto [tags, rest] = first_word(line);
    capitals_only = tags.find('=') == string_view::npos;  // "@ann pass it on" is talk
    line = rest;
  }
  if (line.starts_with(':')) line = first_word(line).second;
  const auto [word, rest] = first_word(line);
  return is_word_of_login(word, rest, capitals_only);
}

string_view without_slashes(string_view text) noexcept {
  constexpr std::array<string_view, 6> slashes = {"/", "\\", " ", "\t", "\uFF0F", "\u3001"};
  for (;;) {
    const auto found =
        std::find_if(slashes.begin(), slashes.end(), [=](string_view slash) { return text.starts_with(slash); });
    if (found == slashes.end()) return text;
    text.remove_prefix(found->size());
  }
}

bool is_typed_command(string_view text) noexcept {
  text = trim_spaces(text);
  if (text.starts_with('/')) return !text.starts_with("//");
  const string_view rest = without_slashes(text);
  return (text.starts_with("\uFF0F") || text.starts_with("\u3001")) && !rest.empty() && is_alpha(rest.front());
}

bool is_stray_command(string_view line) {
  line = trim_spaces(line);
  const string_view text = without_slashes(line);
  if (is_to_services(text)) return true;
  if (text.size() == line.size()) return false;
  const auto [word, rest] = first_word(text);
  if (contains(raw_commands, word)) return is_login(rest) || is_to_services(rest);
  return contains(secret_commands, word) && !rest.empty();
}

}  // namespace loquat::codec
