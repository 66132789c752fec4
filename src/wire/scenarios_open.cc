// How connections begin.
#include "wire/scenario.h"

namespace loquat::wire {
namespace {

void handshake(Lab& lab) {
  Listener server = lab.listen();
  Program client = lab.client();
  lab.check(client.connect() == 0, "connect() should succeed");
  lab.settle();
  Program peer = server.accept();
  lab.check(lab.frames().size() == 3 && lab.count("c>s syn") == 1 && lab.count("s>c synack") == 1 &&
                lab.count("c>s ack") == 1,
            "three segments: SYN, SYN+ACK, ACK");
  lab.check(lab.states() == States{State::established, State::established}, "both ends should be ESTABLISHED");
  lab.conclude({"Both ends know now that the other one hears them, and where its numbers begin.",
                "双方现在都知道对方能听到自己，也知道对方的序号从哪里开始。"});
}

}  // namespace

std::vector<Scenario> open_scenarios() { return {{"handshake", handshake}}; }

}  // namespace loquat::wire
