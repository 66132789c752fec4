// How long a connection stays after its end: TIME-WAIT, CLOSE-WAIT.
#include <sys/socket.h>

#include <cerrno>
#include <chrono>

#include "wire/scenarios/scenario.h"
#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

using std::chrono::milliseconds;

// bind() of a new socket to the server's port; told, and its errno returned.
int bind_again(Lab& lab, bool reuse) {
  Socket socket = lab.socket(Side::server, SOCK_STREAM);
  if (reuse) socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
  const Text call = reuse ? texts::bind_new_socket_reusing : texts::bind_new_socket;
  try {
    socket.bind(lab.addresses().server);
  } catch (const OSError& e) {
    lab.act(Side::server, texts::call_raises(call, "OSError: Address already in use"));
    return e.errc();
  }
  lab.act(Side::server, texts::call_succeeds(call));
  return 0;
}

void time_wait(Lab& lab, Story& story) {
  auto [server, client, peer] = lab.converse();
  peer.close();
  lab.settle(milliseconds(60));
  client.recv(512);
  client.close();
  lab.settle();
  server.close();
  lab.check_ends({State::closed, State::time_wait});
  story.check(bind_again(lab, false) == EADDRINUSE, "bind() without SO_REUSEADDR should fail");
  story.check(bind_again(lab, true) == 0, "bind() with SO_REUSEADDR should succeed");
  lab.conclude(texts::time_wait_conclusion);
}

void close_wait_leak(Lab& lab, Story& story) {
  lab.network().sysctl(Side::client, "tcp_fin_timeout", "1");
  auto [server, client, peer] = lab.converse();
  client.close();
  lab.settle(milliseconds(60));
  story.check(lab.states() == States{State::fin_wait_2, State::close_wait}, "FIN-WAIT-2 against CLOSE-WAIT");
  story.note(texts::program_does_not_close);
  lab.wait_until([&] { return lab.states().client == State::closed; }, milliseconds(12000));
  story.note(texts::fin_wait_2_ended);
  story.check(lab.states() == States{State::closed, State::close_wait},
              "CLOSE-WAIT should stay when the client is gone");
  peer.sendall("late");
  lab.settle();
  story.check(story.count("c>s rst") == 1, "late data should be answered by RST");
  story.check(peer.sendall("later") == EPIPE, "the next sendall() should raise BrokenPipeError");
  lab.check_ends({State::closed, State::closed});
  lab.conclude(texts::close_wait_leak_conclusion);
}

}  // namespace

std::vector<Scenario> life_scenarios() { return {{"time-wait", time_wait}, {"close-wait-leak", close_wait_leak}}; }

}  // namespace loquat::wire
