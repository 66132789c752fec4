#include "base/c_string.h"

#include <stdexcept>

namespace loquat {

void refuse_nul(std::string_view text, std::string_view operation, std::string_view what) {
  if (text.find('\0') == text.npos) return;
  std::string message(operation);
  throw std::invalid_argument(message.append(": a NUL in the ").append(what));
}

const char* c_string(const std::string& text, std::string_view operation, std::string_view what) {
  refuse_nul(text, operation, what);
  return text.c_str();
}

}  // namespace loquat
