#include "doors/common/history_failure.h"

namespace loquat::doors {

std::string history_failure(const Context& context, const std::exception& error) {
  if (context.sink != nullptr) {
    write_log(context.sink, LogLevel::error, std::string("the history cannot be read: ") + error.what());
  }
  return "the history cannot be read at the moment";
}

}  // namespace loquat::doors
