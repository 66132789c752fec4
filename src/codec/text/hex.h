// hex.h - bytes as hexadecimal digits, and back.
//
// Layer: codec (docs/layers.txt).  Source: RFC 4648 s.8, in lower case.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loquat::codec {

// "01ab".
std::string to_hex(std::span<const std::byte> bytes);
void append_hex(std::string& out, std::span<const std::byte> bytes);
// Nothing unless `text` has two digits, of either case, for each byte.
std::optional<std::vector<std::byte>> from_hex(std::string_view text);

}  // namespace loquat::codec
