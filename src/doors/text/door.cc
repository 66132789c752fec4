#include "doors/text/door.h"

#include <memory>

#include "doors/text/client.h"

namespace loquat::doors {

void text_door(Context& context, Socket& socket, std::string address, std::string first_bytes) {
  try {
    // On the heap: an idle connection keeps one page of stack.
    const auto client = std::make_unique<TextClient>(context, socket, std::move(address));
    client->run(std::move(first_bytes));
  } catch (const OSError&) {
    // The peer has gone before it was known.
  }
  socket.close();
}

}  // namespace loquat::doors
