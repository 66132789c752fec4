// fate_comments.h - the comments of our own captures (`loquat wire play --pcapng`) that say what became of a frame.
// More may follow them in the same comment.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <string_view>

namespace loquat::wire {

inline constexpr std::string_view lost_comment = "lost on the wire";
inline constexpr std::string_view on_the_wire_comment = "still on the wire at the end";
inline constexpr std::string_view turns_comment = "arrives with a bit turned over";
inline constexpr std::string_view turned_comment = "a bit was turned over on the wire";

}  // namespace loquat::wire
