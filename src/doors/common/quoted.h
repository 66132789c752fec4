// quoted.h - a user's words, marked so that nobody takes them for the server's.
//
// A reason for leaving stands in one line with the server's own reasons ("removed by ada: spam", "connection lost"). So
// the event of a quit carries "Quit: " before words that a user chose, and doors that show a line of the server's with
// such words in it put these between quotation marks.
//
// Layer: doors (docs/layers.txt).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace loquat::doors {

// The quit text for a user's own words, cut between characters to at most `max_size` bytes: "Quit: so long".
std::string own_quit(std::string_view words, std::size_t max_size);

// The text of a quit event for a line of the server's: "\"so long\"" if the words are a user's, else as it is.
std::string shown_quit(std::string_view text);

// `words` between quotation marks, on one line (codec::sanitize_line). A quotation mark inside becomes an apostrophe,
// so that the words cannot end early.
std::string quoted(std::string_view words);

}  // namespace loquat::doors
