// How long a connection stays after its end: TIME-WAIT, CLOSE-WAIT.
#include <sys/socket.h>

#include <cerrno>
#include <chrono>

#include "wire/scenarios/scenario.h"

namespace loquat::wire {
namespace {

using std::chrono::milliseconds;

// bind() of a new socket to the server's port; told, and its errno returned.
int bind_again(Lab& lab, bool reuse) {
  Socket socket = lab.socket(Side::server, SOCK_STREAM);
  if (reuse) socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
  const Text call = reuse ? Text{"bind() of a new socket with SO_REUSEADDR", "新套接字 bind()，带 SO_REUSEADDR"}
                          : Text{"bind() of a new socket", "新套接字 bind()"};
  try {
    socket.bind(lab.addresses().server);
  } catch (const OSError& e) {
    lab.act(Side::server,
            {call.en + " raises OSError: Address already in use", call.zh + "：抛出 OSError: Address already in use"});
    return e.errc();
  }
  lab.act(Side::server, {call.en + " succeeds", call.zh + "：成功"});
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
  lab.conclude(
      {"The server closed first, so it keeps the pair of ports for 60 s. A server that is restarted sets "
       "SO_REUSEADDR for that reason; Loquat's create_server() does.",
       "服务器先关闭，所以它把这对端口保留 60 秒。因此要重启的服务器都设置 SO_REUSEADDR；Loquat 的 create_server() "
       "就是这样做的。"});
}

void close_wait_leak(Lab& lab, Story& story) {
  lab.network().sysctl(Side::client, "tcp_fin_timeout", "1");
  auto [server, client, peer] = lab.converse();
  client.close();
  lab.settle(milliseconds(60));
  story.check(lab.states() == States{State::fin_wait_2, State::close_wait}, "FIN-WAIT-2 against CLOSE-WAIT");
  story.note({"The server's program does not call close().", "服务器的程序没有调用 close()。"});
  lab.wait_until([&] { return lab.states().client == State::closed; }, milliseconds(12000));
  story.note({"The client's kernel has waited long enough (tcp_fin_timeout, 1 s here) and forgets the connection.",
              "客户端的内核等够了（tcp_fin_timeout，这里是 1 秒），忘掉了这个连接。"});
  story.check(lab.states() == States{State::closed, State::close_wait},
              "CLOSE-WAIT should stay when the client is gone");
  peer.sendall("late");
  lab.settle();
  story.check(story.count("c>s rst") == 1, "late data should be answered by RST");
  story.check(peer.sendall("later") == EPIPE, "the next sendall() should raise BrokenPipeError");
  lab.check_ends({State::closed, State::closed});
  lab.conclude(
      {"No timer of TCP ends CLOSE-WAIT: it waits for the program on its own side. Each one costs a descriptor.",
       "TCP 没有任何定时器会结束 CLOSE-WAIT：它等的是自己这边的程序。每一个都占用一个描述符。"});
}

}  // namespace

std::vector<Scenario> life_scenarios() { return {{"time-wait", time_wait}, {"close-wait-leak", close_wait_leak}}; }

}  // namespace loquat::wire
