// TLS with misbehaving peers, which use OpenSSL directly or send single bytes.
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include "loquat/sync.h"
#include "tests/tls_pair.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

class TlsHostile : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, TlsHostile, ::testing::Values("epoll", "uring", "sim"), world_name);

// An OpenSSL client on a Socket, without our TLS layer.
class RawClient {
 public:
  RawClient(const SSLContext& context, Socket socket) : ssl_(SSL_new(context.native())), socket_(std::move(socket)) {
    SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_);
    SSL_set_tlsext_host_name(ssl_, "localhost");
  }
  ~RawClient() { SSL_free(ssl_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // Repeats an OpenSSL call until it succeeds.
  void finish(const std::function<int()>& call) {
    while (call() != 1) {
      send();
      receive();
    }
    send();
  }
  void shake_hands() {
    finish([this] { return SSL_do_handshake(ssl_); });
  }
  // Requests a key update, with an answer.
  void update_keys() {
    ASSERT_EQ(SSL_key_update(ssl_, SSL_KEY_UPDATE_REQUESTED), 1);
    ASSERT_EQ(SSL_do_handshake(ssl_), 1);
  }
  void send() {
    char* data = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(ssl_), &data);
    const std::string bytes(data, static_cast<std::size_t>(size));
    (void)BIO_reset(SSL_get_wbio(ssl_));
    socket_.sendall(bytes);
  }
  void receive() {
    const std::string bytes = socket_.recv(65536);
    ASSERT_FALSE(bytes.empty());
    BIO_write(SSL_get_rbio(ssl_), bytes.data(), static_cast<int>(bytes.size()));
  }
  SSL* ssl() { return ssl_; }
  Socket& socket() { return socket_; }

 private:
  SSL* ssl_;
  Socket socket_;
};

// --- endless input ---------------------------------------------------------------------------------------------------

// Runs in the simulation, which has small buffers; the kernel's would hold megabytes of unread answers.
TEST(TlsHostileBytes, EndlessKeyUpdatesUseNoMemory) {
  testing::simulate(1, [] {
    auto [client, server] = connected();
    const SSLContext ours = client_context();
    constexpr int most = 100'000, at_a_time = 1000;
    int taken = 0;
    auto peer = spawn([&, client = std::move(client)]() mutable {
      RawClient raw(ours, std::move(client));
      raw.shake_hands();
      raw.socket().settimeout(1s);
      try {
        for (; taken < most; taken += at_a_time) {
          for (int i = 0; i < at_a_time; ++i) raw.update_keys();
          raw.send();  // without reading the answers
        }
      } catch (const TimeoutError&) {
      }
    });
    SSLSocket socket = server_context().wrap_socket(std::move(server), as_server());
    thrown<OSError>([&] { EXPECT_EQ(socket.recv(1), ""); });
    peer.get();
    EXPECT_LT(taken, most / 2);
  });
}

TEST_P(TlsHostile, ManyKeyUpdatesDoNotBlockTheWorker) {
  if (GetParam() == "sim") GTEST_SKIP() << "its buffers do not hold so many";
  run([] {
    auto [client, server] = connected();
    const SSLContext ours = client_context();
    auto accepting = spawn([&, server = std::move(server)]() mutable {
      return server_context().wrap_socket(std::move(server), as_server());
    });
    RawClient raw(ours, std::move(client));
    raw.shake_hands();
    SSLSocket socket = accepting.get();
    for (int i = 0; i < 4000; ++i) raw.update_keys();
    SSL_shutdown(raw.ssl());
    raw.send();
    bool read = false;
    int turns = 0;
    auto other = spawn([&] {
      for (; !read; ++turns) sleep(Duration::zero());
    });
    EXPECT_EQ(socket.recv(1), "");  // all bytes are there, so it never waits
    read = true;
    other.join();
    EXPECT_GT(turns, 0);
  });
}

// A peer that reads the answers may continue, and the data in between is received.
TEST_P(TlsHostile, AWellBehavedPeerMayUpdateKeys) {
  run([] {
    auto [client, server] = connected();
    const SSLContext ours = client_context();
    auto peer = spawn([&, client = std::move(client)]() mutable {
      RawClient raw(ours, std::move(client));
      raw.shake_hands();
      for (int i = 0; i < 5; ++i) {
        for (int j = 0; j < 100; ++j) raw.update_keys();
        char byte = 'x';
        raw.finish([&] { return SSL_write(raw.ssl(), &byte, 1); });
        raw.finish([&] { return SSL_read(raw.ssl(), &byte, 1); });
      }
      SSL_shutdown(raw.ssl());
      raw.send();
    });
    SSLSocket socket = server_context().wrap_socket(std::move(server), as_server());
    int heard = 0;
    for (; !socket.recv(1).empty(); ++heard) socket.sendall("y");
    EXPECT_EQ(heard, 5);
    peer.get();
  });
}

// --- bytes that are not a handshake ----------------------------------------------------------------------------------

std::string refuses(const std::string& bytes) {
  auto [client, server] = connected();
  client.sendall(bytes);
  client.shutdown(SHUT_WR);
  return thrown<OSError>([&, &s = server] { server_context().wrap_socket(std::move(s), as_server()); });
}

TEST_P(TlsHostile, AnEndAtEachByteOfTheHandshakeIsAnError) {
  run([] {
    const std::string hello = client_hello();
    for (std::size_t size = 0; size <= hello.size(); size += size < 12 ? 1 : 97) {
      auto [client, server] = connected();
      client.sendall(hello.substr(0, size));
      client.shutdown(SHUT_WR);
      EXPECT_THROW(server_context().wrap_socket(std::move(server), as_server()), SSLEOFError) << size;
    }
  });
}

TEST_P(TlsHostile, BytesThatAreNotAHandshakeAreRefused) {
  run([] {
    const std::string hello = client_hello();
    const std::string close_notify("\x15\x03\x03\x00\x02\x01\x00", 7), fatal("\x15\x03\x03\x00\x02\x02\x28", 7);
    EXPECT_NE(refuses(hello + close_notify), "");  // in the middle of the handshake
    EXPECT_NE(refuses(hello + fatal), "");
    EXPECT_NE(refuses(close_notify), "");
    EXPECT_NE(refuses(hello + hello), "");
    EXPECT_NE(refuses(std::string("\x17\x03\x03\x00\x01x", 6)), "");  // application data first
    EXPECT_NE(refuses(std::string("\x16\x03\x01\xff\xff", 5) + std::string(70'000, 'x')), "");
    EXPECT_NE(refuses(std::string("\x16\x03\x01\x00\x00", 5)), "");
    EXPECT_NE(refuses("GET / HTTP/1.1\r\n\r\n"), "");
    std::string warnings;
    for (int i = 0; i < 1000; ++i) warnings += std::string("\x15\x03\x03\x00\x02\x01\x5a", 7);
    EXPECT_NE(refuses(warnings), "");
  });
}

TEST_P(TlsHostile, AServerWithoutTlsIsRefused) {
  run([] {
    for (const std::string_view answer :
         {"HTTP/1.1 400 Bad Request\r\n\r\n", "220 mail ESMTP\r\n", "\x15\x03\x03", ""}) {
      auto [client, server] = connected();
      server.sendall(answer);
      server.shutdown(SHUT_WR);
      const auto refused =
          thrown<SSLError>([&, &c = client] { client_context().wrap_socket(std::move(c), to("localhost")); });
      EXPECT_NE(refused, "") << answer;
    }
  });
}

// --- the end -------------------------------------------------------------------------------------------------------

TEST_P(TlsHostile, AHalfCloseWorksInEitherVersion) {
  run([] {
    for (const TLSVersion version : {TLSVersion::TLSv1_2, TLSVersion::TLSv1_3}) {
      SSLContext ours = client_context();
      ours.set_maximum_version(version);
      TlsPair pair = tls_pair(ours, server_context());
      pair.client.sendall("question");
      pair.client.shutdown(SHUT_WR);
      EXPECT_THROW(pair.client.sendall("more"), BrokenPipeError);
      EXPECT_EQ(read_all(pair.server), "question");
      const std::string answer = pattern(300'000);
      auto answering = spawn([&] {
        pair.server.sendall(answer);
        pair.server.close();
      });
      EXPECT_TRUE(read_all(pair.client) == answer);
      answering.get();
    }
  });
}

TEST_P(TlsHostile, UnwrapLeavesUnreadBytes) {
  run([] {
    for (const TLSVersion version : {TLSVersion::TLSv1_2, TLSVersion::TLSv1_3}) {
      SSLContext ours = client_context();
      ours.set_maximum_version(version);
      TlsPair pair = tls_pair(ours, server_context());
      pair.server.sendall("not received yet");
      EXPECT_NE(thrown<SSLError>([&] { pair.client.unwrap(); }).find("still something to receive"), std::string::npos);
      EXPECT_EQ(receive(pair.client, 16), "not received yet");
      EXPECT_EQ(pair.server.recv(1), "") << "the client has said goodbye";
      auto other = spawn([&] { return pair.server.unwrap(); });
      Socket client = pair.client.unwrap(), server = other.get();
      client.sendall("plain");
      EXPECT_EQ(receive(server, 5), "plain");
    }
  });
}

TEST_P(TlsHostile, UnwrapWhileAnotherFiberReceives) {
  run([] {
    TlsPair pair = tls_pair();
    auto waiting = spawn([&client = static_cast<Socket&>(pair.client)] { return client.wait_readable(); });
    while (waiting.waits() == 0) sleep(Duration::zero());
    auto other = spawn([&] { return pair.server.unwrap(); });
    Socket client = pair.client.unwrap(), server = other.get();
    server.sendall("plain");
    EXPECT_TRUE(waiting.get());
    EXPECT_EQ(receive(client, 5), "plain");
    // TLS again, on the same descriptors.
    auto again = spawn([&] { return server_context().wrap_socket(std::move(server), as_server()); });
    SSLSocket wrapped = client_context().wrap_socket(std::move(client), to("localhost"));
    wrapped.sendall("not plain");
    SSLSocket far = again.get();
    EXPECT_EQ(receive(far, 9), "not plain");
  });
}

TEST_P(TlsHostile, UnwrapIsBoundedInTime) {
  run([] {
    TlsPair pair = tls_pair();
    pair.client.settimeout(20ms);
    EXPECT_THROW(pair.client.unwrap(), TimeoutError);
    EXPECT_EQ(pair.server.recv(1), "");
    pair.client.setblocking(false);
    EXPECT_THROW(pair.client.unwrap(), SSLWantReadError);
    pair.server.close();
    pair.client.setblocking(true);
    EXPECT_EQ(errc_of([&] { pair.client.unwrap(); }), 0);
  });
}

// Bytes that have arrived are received even after sending has failed.
TEST_P(TlsHostile, AResetAfterAnAnswerEndsTheConnection) {
  run([] {
    TlsPair pair = tls_pair();
    pair.client.sendall(pattern(1000));
    pair.server.sendall("refused: too long");
    pair.server.close();  // sends a reset, because bytes are unread
    const std::string got = [&] {
      try {
        return receive(pair.client, 17);
      } catch (const ConnectionResetError&) {
        return std::string("reset");
      }
    }();
    EXPECT_TRUE(got == "refused: too long" || got == "reset") << got;
    EXPECT_NE(errc_of([&] {
                for (;;) pair.client.sendall(pattern(100'000));
              }),
              0);
  });
}

TEST_P(TlsHostile, AReaderAndAWriterShareOneHandshake) {
  run([] {
    auto [client, server] = connected();
    WrapOptions options = to("localhost");
    options.do_handshake_on_connect = false;
    SSLSocket ours = client_context().wrap_socket(std::move(client), options);
    SSLSocket theirs = server_context().wrap_socket(std::move(server), as_server(false));
    std::vector<Fiber<>> fibers;
    for (SSLSocket* socket : {&ours, &theirs}) {
      fibers.push_back(spawn([socket] { socket->sendall(pattern(100'000)); }));
      fibers.push_back(spawn([socket] { EXPECT_TRUE(receive(*socket, 100'000) == pattern(100'000)); }));
      fibers.push_back(spawn([socket] { EXPECT_TRUE(socket->wait_writable()); }));
      fibers.push_back(spawn([socket] { socket->do_handshake(); }));
    }
    for (auto& fiber : fibers) fiber.get();
  });
}

}  // namespace
}  // namespace loquat
