// A TLS socket used as a plain Socket: every call uses TLS or is refused (the table in loquat/tls.h).
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>

#include "loquat/sync.h"
#include "tests/tls_pair.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

class TlsAsSocket : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, TlsAsSocket, ::testing::Values("epoll", "uring", "sim"), world_name);

constexpr std::string_view secret = "the secret";

// Code that knows only Socket.
void echo_all(Socket& socket) {
  for (std::string data; !(data = socket.recv(512)).empty();) socket.sendall(data);
}

void ask_for_echo(const Address& address) {
  SSLSocket client = client_context().wrap_socket(Socket(AF_INET), to("localhost"));
  client.connect(address);
  client.sendall(secret);
  EXPECT_EQ(receive(client, secret.size()), secret);
  EXPECT_EQ(client.getpeercert()->subject, "CN=Loquat test");
}

TEST_P(TlsAsSocket, AWrappedListenerAcceptsWrappedSockets) {
  run([] {
    Socket listener = server_context().wrap_socket(create_server({"127.0.0.1", 0}), as_server());
    auto serving = spawn([&] {
      Socket first = listener.accept();
      echo_all(first);
      Address peer;
      Socket second = listener.accept(peer);
      EXPECT_EQ(peer.host(), "127.0.0.1");
      echo_all(second);
    });
    ask_for_echo(listener.getsockname());
    ask_for_echo(listener.getsockname());
    serving.get();
  });
}

TEST_P(TlsAsSocket, ASocketWrappedBeforeListenAcceptsWrappedSockets) {
  run([] {
    SSLSocket listener = server_context().wrap_socket(Socket(AF_INET), as_server());
    listener.bind({"127.0.0.1", 0});
    listener.listen();
    auto serving = spawn([&] {
      Address peer;
      SSLSocket client = listener.accept(peer);
      echo_all(client);
    });
    ask_for_echo(listener.getsockname());
    serving.get();
  });
}

TEST_P(TlsAsSocket, AListenerHasNoHandshake) {
  run([] {
    SSLSocket listener = server_context().wrap_socket(create_server({"127.0.0.1", 0}), as_server());
    Socket& plain = listener;
    EXPECT_FALSE(plain.wait_readable(1ms));
    EXPECT_EQ(errc_of([&] { plain.recv(1); }), ENOTCONN);
    EXPECT_EQ(errc_of([&] { plain.sendall(secret); }), ENOTCONN);
    EXPECT_EQ(errc_of([&] { listener.do_handshake(); }), ENOTCONN);
    auto asking = spawn([&] { ask_for_echo(listener.getsockname()); });
    EXPECT_TRUE(plain.wait_readable());
    Socket client = plain.accept();
    echo_all(client);
    asking.get();
    plain.shutdown(SHUT_RDWR);
  });
}

struct Call {
  const char* name;
  std::function<void(Socket&)> make;
};

// Every call that sends, and every call that makes a second handle for the connection.
std::vector<Call> sending_calls(std::FILE* file, const int* pipe) {
  return {
      {"send", [](Socket& s) { s.send(secret); }},
      {"sendall", [](Socket& s) { s.sendall(secret); }},
      {"sendall, pieces",
       [](Socket& s) {
         const std::string_view pieces[] = {secret, secret};
         s.sendall(pieces);
       }},
      {"send, MSG_DONTWAIT", [](Socket& s) { s.send(secret, MSG_DONTWAIT); }},
      {"send, MSG_OOB", [](Socket& s) { s.send(secret, MSG_OOB); }},
      {"send, MSG_FASTOPEN", [](Socket& s) { s.send(secret, MSG_FASTOPEN); }},
      {"sendto", [](Socket& s) { s.sendto(secret, {}); }},
      {"sendmsg",
       [](Socket& s) {
         s.sendmsg({&secret, 1});
       }},
      {"send_fds", [](Socket& s) { send_fds(s, secret, {}); }},
      {"sendfile", [file](Socket& s) { s.sendfile(::fileno(file)); }},
      {"sendfile, a pipe",
       [pipe](Socket& s) {
         ASSERT_EQ(::write(pipe[1], secret.data(), secret.size()), static_cast<ssize_t>(secret.size()));
         s.sendfile(pipe[0], 0, secret.size());
       }},
      {"makefile", [](Socket& s) { s.makefile() << secret << std::flush; }},
      {"makefile, unbuffered", [](Socket& s) { s.makefile(SocketStream::unbuffered) << secret; }},
      {"dup", [](Socket& s) { s.dup().sendall(secret); }},
      {"detach", [](Socket& s) { Socket::from_fd(s.detach()).sendall(secret); }},
      {"moved", [](Socket& s) { Socket(std::move(s)).sendall(secret); }},
  };
}

TEST_P(TlsAsSocket, NoCallSendsPlaintext) {
  run([] {
    std::FILE* file = std::tmpfile();
    std::fwrite(secret.data(), 1, secret.size(), file);
    std::fflush(file);
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    for (const bool server_side : {true, false}) {
      for (const Call& call : sending_calls(file, pipe)) {
        auto [peer, socket] = connected();
        peer.sendall("GET / HTTP/1.0\r\n\r\n");
        peer.shutdown(SHUT_WR);
        Socket wrapped;
        if (server_side) {
          wrapped = server_context().wrap_socket(std::move(socket), as_server(false));
        } else {
          WrapOptions options = to("localhost");
          options.do_handshake_on_connect = false;
          wrapped = client_context().wrap_socket(std::move(socket), options);
        }
        EXPECT_NE(errc_of([&] { call.make(wrapped); }), 0) << call.name;
        wrapped.close();
        std::string heard;
        try {
          heard = read_all(peer);
        } catch (const ConnectionResetError&) {
        }
        EXPECT_EQ(heard.find(secret), std::string::npos) << call.name;
      }
    }
    ::close(pipe[0]);
    ::close(pipe[1]);
    std::fclose(file);
  });
}

TEST_P(TlsAsSocket, CallsThatWouldBypassTlsAreRefused) {
  run([] {
    TlsPair pair = tls_pair();
    Socket& socket = pair.client;
    pair.server.sendall(secret);
    std::byte room[10];
    const std::span<std::byte> buffers[] = {room};
    EXPECT_EQ(errc_of([&] { socket.recvfrom(10); }), EOPNOTSUPP);
    EXPECT_EQ(errc_of([&] { socket.recvfrom_into(room); }), EOPNOTSUPP);
    EXPECT_EQ(errc_of([&] { socket.recvmsg(10); }), EOPNOTSUPP);
    EXPECT_EQ(errc_of([&] { socket.recvmsg_into(buffers); }), EOPNOTSUPP);
    EXPECT_EQ(errc_of([&] { recv_fds(socket, 10, 1); }), EOPNOTSUPP);
    EXPECT_EQ(errc_of([&] { socket.dup(); }), EOPNOTSUPP);
    EXPECT_EQ(errc_of([&] { socket.detach(); }), EOPNOTSUPP);
    for (const int flag : std::initializer_list<int>{MSG_OOB, MSG_TRUNC, MSG_ERRQUEUE, MSG_PEEK | MSG_WAITALL})
      EXPECT_EQ(errc_of([&] { socket.recv(10, flag); }), EOPNOTSUPP) << flag;
    EXPECT_EQ(receive(socket, 10), secret) << "and takes nothing of what came";
  });
}

TEST_P(TlsAsSocket, HarmlessFlagsAreAccepted) {
  run([] {
    TlsPair pair = tls_pair();
    Socket &client = pair.client, &server = pair.server;
    EXPECT_EQ(server.send("one ", MSG_NOSIGNAL | MSG_MORE), 4u);
    server.sendall("two ", MSG_NOSIGNAL);
    EXPECT_EQ(client.recv(3, MSG_PEEK | MSG_NOSIGNAL), "one");
    auto waiting = spawn([&] { return client.recv(13, MSG_WAITALL); });
    server.sendall("three");
    EXPECT_EQ(waiting.get(), "one two three");
    server.sendall("the rest");
    server.shutdown(SHUT_WR);
    EXPECT_EQ(client.recv(100, MSG_WAITALL), "the rest");
    EXPECT_EQ(client.recv(100, MSG_WAITALL), "");
  });
}

TEST_P(TlsAsSocket, AnInterruptedWaitallReturnsWhatArrived) {
  run([] {
    TlsPair pair = tls_pair();
    Socket& client = pair.client;
    pair.server.sendall("half");
    EXPECT_TRUE(client.wait_readable());
    client.settimeout(20ms);
    EXPECT_EQ(client.recv(8, MSG_WAITALL), "half");
    EXPECT_THROW(client.recv(8, MSG_WAITALL), TimeoutError);
    client.settimeout(std::nullopt);
    pair.server.sendall("a part");
    std::string got;
    bool ended = false;
    auto waiting = spawn([&] {
      got = client.recv(8, MSG_WAITALL);
      sleep(1h);
      ended = true;
    });
    while (pair.client.pending() == 0 && waiting.waits() == 0) sleep(Duration::zero());
    waiting.cancel();
    waiting.join();
    EXPECT_EQ(got.empty() ? receive(client, 6) : got, "a part");
    EXPECT_FALSE(ended);
  });
}

TEST_P(TlsAsSocket, TheFirstCallAfterConnectDoesTheHandshake) {
  run([] {
    Socket listener = server_context().wrap_socket(create_server({"127.0.0.1", 0}), as_server());
    auto serving = spawn([&] {
      for (int i = 0; i < 2; ++i) {
        Socket socket = listener.accept();
        echo_all(socket);
      }
    });
    for (const bool throwing : {true, false}) {
      SSLSocket client = client_context().wrap_socket(Socket(AF_INET), to("localhost"));
      Socket& plain = client;
      if (throwing)
        plain.connect(listener.getsockname());
      else
        EXPECT_EQ(plain.connect_ex(listener.getsockname()), 0);
      EXPECT_EQ(client.version(), "");
      plain.sendall(secret);
      EXPECT_EQ(client.version(), "TLSv1.3");
      EXPECT_EQ(receive(plain, secret.size()), secret);
    }
    serving.get();
  });
}

TEST_P(TlsAsSocket, DecryptedBytesAreReadable) {
  run([] {
    TlsPair pair = tls_pair();
    Socket& client = pair.client;
    pair.server.sendall(secret);
    EXPECT_EQ(client.recv(1), "t");
    EXPECT_TRUE(client.wait_readable(Duration::zero()));
    EXPECT_EQ(receive(client, secret.size() - 1), secret.substr(1));
    EXPECT_FALSE(client.wait_readable(1ms));
  });
}

TEST_P(TlsAsSocket, ReportsVersionCipherAndPeer) {
  run([] {
    SSLContext ours = client_context(), theirs = server_context();
    ours.set_alpn_protocols({"http/1.1"});
    theirs.set_alpn_protocols({"http/1.1"});
    TlsPair pair = tls_pair(ours, theirs);
    const Socket client = std::move(pair.client), server = std::move(pair.server);
    const auto mine = tls_info(client), his = tls_info(server);
    ASSERT_TRUE(mine && his);
    EXPECT_EQ(mine->version, "TLSv1.3");
    EXPECT_EQ(mine->cipher->protocol, "TLSv1.3");
    EXPECT_EQ(mine->alpn_protocol, "http/1.1");
    EXPECT_EQ(mine->peercert->subject, "CN=Loquat test");
    EXPECT_EQ(his->server_hostname, "localhost");
    EXPECT_FALSE(his->peercert);
    EXPECT_FALSE(his->session_reused);
    EXPECT_FALSE(tls_info(connected().client));
    EXPECT_EQ(errc_of([] { tls_info(Socket()); }), EBADF);
  });
}

// Reads bytes that have arrived one by one: no call has to wait, and other fibers still run.
TEST_P(TlsAsSocket, AnAlwaysReadySocketStarvesNoFiber) {
  run([] {
    TlsPair pair = tls_pair();
    Socket& client = pair.client;
    pair.server.sendall(pattern(50'000));
    bool read = false;
    int turns = 0;
    auto other = spawn([&] {
      for (; !read; ++turns) sleep(Duration::zero());
    });
    for (int i = 0; i < 16'000; ++i) client.recv(1);  // one record, decrypted at the first
    const int while_receiving = std::exchange(turns, 0);
    for (int i = 0; i < 16'000; ++i) EXPECT_TRUE(client.wait_readable());
    const int while_waiting = std::exchange(turns, 0);
    for (int i = 0; i < 2'000; ++i) client.send("x");
    read = true;
    other.join();
    EXPECT_GT(while_receiving, 10);
    EXPECT_GT(while_waiting, 10);
    EXPECT_GT(turns, 4);
  });
}

// A call ends at its timeout even if the peer reads without end.
TEST_P(TlsAsSocket, ATimeoutEndsASendallThatNeverWaits) {
  run([] {
    TlsPair pair = tls_pair();
    auto reading = spawn([&] {
      while (!pair.server.recv(100'000).empty()) continue;
    });
    const std::string data(100'000, 'x');
    const std::vector<std::string_view> pieces(100'000, data);  // 10 GB
    pair.client.settimeout(50ms);
    EXPECT_THROW(pair.client.sendall(pieces), TimeoutError);
    pair.client.close();
    reading.join();
  });
}

}  // namespace
}  // namespace loquat
