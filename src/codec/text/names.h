// names.h - which nicks and room names there may be, which are the same, and which look like another.
//
// True of every call in this file:
//   Units     Lengths are bytes of UTF-8.
//   Scripts   A name uses one script: Latin, Cyrillic, Greek, Arabic, Hebrew, Georgian, Armenian, or CJK (Han, kana,
//             Hangul, Bopomofo), which Latin letters may join. ASCII digits and punctuation go with each of them.
//   Form      Every character stands by itself: no combining mark, joiner, jamo, compatibility form, fullwidth form,
//             emoji or symbol. So every valid name is in normal form C and has one spelling. Scripts that need
//             combining marks (Devanagari, Thai, ...) are refused for now.
//
// Layer: codec (docs/layers.txt).  Source: RFC 2812 s.2.3.1, RFC 8265, Unicode TR 39 s.5.2 "Highly Restrictive".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace loquat::codec {

inline constexpr std::size_t nick_length = 30;  // ISUPPORT NICKLEN
inline constexpr std::size_t room_length = 64;  // ISUPPORT CHANNELLEN, '#' included

enum class NameError : std::uint8_t {
  none,
  empty,
  too_long,
  bad_start,      // a nick begins with a digit or '-', a room not with '#', or nothing follows it
  bad_character,  // control, space, invisible, punctuation with a meaning in IRC, no letter of an allowed script
  mixed_script,   // for example Latin and Cyrillic
  not_utf8,
};

// Why `nick` is not valid. A nick has letters (of the scripts above), digits and []\`_^{|}- , and does not begin with a
// digit or '-'.
NameError check_nick(std::string_view nick) noexcept;

// Why `name` is not a valid room name: '#', then letters, digits and _-.+#&~[]{}|^ .
NameError check_room(std::string_view name) noexcept;

// Whether `name` names a room, not a nick: it begins with '#'.
constexpr bool is_room(std::string_view name) noexcept { return name.starts_with('#'); }
// The name of a room that somebody typed, perhaps without its '#'.
std::string room_name(std::string_view typed);

// The end of a sentence that begins with the name: "is too long", ...
std::string_view describe(NameError error) noexcept;

// `name` with A-Z made a-z: the key under which spellings of one nick or room are the same.
std::string fold_name(std::string_view name);
bool same_name(std::string_view a, std::string_view b) noexcept;

// A valid name in the form in which look-alikes are equal: letters folded, Cyrillic, Greek and kana twins replaced, 0
// and o, 1 and l and I and | made one. Two members whose nicks have the same skeleton must not be in at the same time.
// It is not for display, and it may change between versions: do not store it.
std::string name_skeleton(std::string_view name);

// Whether `nick` is, or looks like, a name of IRC's services (NickServ, anything that ends in "serv", Global, ...) or
// of the server itself (server, system, admin, root, loquat, ..., in English and Chinese). Clients send passwords to
// some of these by themselves, and people believe what the others say. More lenient than name_skeleton(): punctuation,
// digits at the end and accents do not matter, and i and l, rn and m, 5 and s, ... are one. Any text may be asked
// about.
bool is_service_nick(std::string_view nick);

}  // namespace loquat::codec
