// TLS on a Socket: the promises of Python's ssl, in every World, between two Sockets. tests/tls_clients_test.py tests
// against OpenSSL's tools, curl, Python and Chromium.
#include "loquat/tls.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "loquat/fiber.h"
#include "loquat/sync.h"
#include "tests/tls_pair.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

class Tls : public ::testing::TestWithParam<std::string> {
 protected:
  template <class F>
  void in_world(F&& body) {
    run_in(GetParam(), body);
  }
};
INSTANTIATE_TEST_SUITE_P(Worlds, Tls, ::testing::Values("epoll", "uring", "sim"), world_name);

TEST_P(Tls, BytesGoBothWays) {
  in_world([] {
    TlsPair pair = tls_pair();
    pair.client.sendall("hello");
    EXPECT_EQ(receive(pair.server, 5), "hello");
    pair.server.sendall("and you");
    EXPECT_EQ(receive(pair.client, 7), "and you");
    EXPECT_EQ(pair.client.version(), "TLSv1.3");
    EXPECT_EQ(pair.client.cipher()->protocol, "TLSv1.3");
    EXPECT_GE(pair.server.cipher()->secret_bits, 128);
    EXPECT_EQ(pair.server.server_hostname(), "localhost");
    EXPECT_TRUE(pair.server.server_side());
    const auto certificate = pair.client.getpeercert();
    ASSERT_TRUE(certificate);
    EXPECT_EQ(certificate->subject, "CN=Loquat test");
    EXPECT_EQ(certificate->issuer, "CN=Loquat test");
    EXPECT_EQ(certificate->subject_alt_name, (std::vector<std::string>{"DNS:localhost", "IP Address:127.0.0.1"}));
    EXPECT_EQ(certificate->fingerprint.size(), 95u);
    EXPECT_EQ(certificate->not_after - certificate->not_before, 31 * 24h);
    EXPECT_FALSE(pair.server.getpeercert());
  });
}

TEST_P(Tls, BothSidesSendLongDataAtOnce) {
  in_world([] {
    TlsPair pair = tls_pair();
    const std::string data = pattern(3'000'000);
    auto flow = [&](Socket& from, Socket& to_socket) {
      auto sending = spawn([&] { from.sendall(data); });
      EXPECT_TRUE(receive(to_socket, data.size()) == data);
      sending.get();
    };
    auto back = spawn([&] { flow(pair.server, pair.client); });
    flow(pair.client, pair.server);
    back.get();
  });
}

TEST_P(Tls, SendallOfPiecesIsOneStream) {
  in_world([] {
    TlsPair pair = tls_pair();
    const std::string long_piece = pattern(40'000);
    const std::string_view pieces[] = {"a", {}, long_piece, "bc", long_piece};
    std::string all = "a" + long_piece + "bc" + long_piece;
    auto sending = spawn([&] { pair.client.sendall(pieces); });
    EXPECT_TRUE(receive(pair.server, all.size()) == all);
    sending.get();
  });
}

TEST_P(Tls, Version12Works) {
  in_world([] {
    SSLContext context = client_context();
    context.set_maximum_version(TLSVersion::TLSv1_2);
    TlsPair pair = tls_pair(context, server_context());
    EXPECT_EQ(pair.client.version(), "TLSv1.2");
    pair.client.sendall("old");
    EXPECT_EQ(receive(pair.server, 3), "old");
  });
}

TEST_P(Tls, AlpnIsNegotiated) {
  in_world([] {
    SSLContext ours = client_context(), theirs = server_context();
    ours.set_alpn_protocols({"irc", "http/1.1"});
    theirs.set_alpn_protocols({"http/1.1", "irc"});
    TlsPair pair = tls_pair(ours, theirs);
    EXPECT_EQ(pair.client.selected_alpn_protocol(), "http/1.1");
    EXPECT_EQ(pair.server.selected_alpn_protocol(), "http/1.1");
  });
}

TEST_P(Tls, ServerNameChoosesTheContext) {
  in_world([] {
    const Identity other({"other.example"});
    SSLContext theirs = server_context();
    theirs.set_sni_callback([&](const std::string& name) -> std::optional<SSLContext> {
      if (name == "other.example") return server_context(other);
      return {};
    });
    EXPECT_EQ(tls_pair(client_context(), theirs).client.getpeercert()->subject_alt_name.front(), "DNS:localhost");
    TlsPair pair = tls_pair(client_context(other), theirs, to("other.example"));
    EXPECT_EQ(pair.client.getpeercert()->subject_alt_name.front(), "DNS:other.example");
  });
}

// --- trust -----------------------------------------------------------------------------------------------------------

// The client's error for a server with this certificate under that name.
std::string refusal(const Identity& identity, const SSLContext& ours, const std::string& name) {
  const SSLContext theirs = server_context(identity);
  auto [client, server] = connected();
  auto accepting = spawn([&theirs, server = std::move(server)]() mutable {
    return thrown<OSError>([&] { theirs.wrap_socket(std::move(server), as_server()).recv(1); });
  });
  const std::string said =
      thrown<SSLCertVerificationError>([&, &c = client] { ours.wrap_socket(std::move(c), to(name)); });
  const std::string heard = accepting.get();
  EXPECT_EQ(said.empty(), heard.empty()) << said << " / " << heard;
  return said;
}

TEST_P(Tls, RefusalsNameTheReason) {
  in_world([] {
    const Identity expired({"localhost"}, 0), other({"other.example"});
    EXPECT_NE(refusal(expired, client_context(expired), "localhost").find("certificate has expired"),
              std::string::npos);
    EXPECT_NE(refusal(local(), client_context(), "other.example").find("ostname mismatch"), std::string::npos);
    EXPECT_NE(refusal(local(), client_context(), "127.0.0.2").find("IP address mismatch"), std::string::npos);
    EXPECT_NE(refusal(local(), client_context(other), "localhost").find("self-signed certificate"), std::string::npos);
    const std::string said = refusal(local(), create_default_context(), "localhost");
    EXPECT_NE(said.find("do_handshake 127.0.0.1:"), std::string::npos) << said;
    EXPECT_NE(said.find("certificate verify failed"), std::string::npos) << said;
  });
}

TEST_P(Tls, ARefusalShowsTheFingerprint) {
  in_world([] {
    const std::string shown = tls_pair().client.getpeercert()->fingerprint;
    auto [client, server] = connected();
    auto accepting = spawn([server = std::move(server)]() mutable {
      thrown<OSError>([&] { server_context().wrap_socket(std::move(server), as_server()); });
    });
    try {
      create_default_context().wrap_socket(std::move(client), to("localhost"));
      ADD_FAILURE() << "trusted";
    } catch (const SSLCertVerificationError& error) {
      EXPECT_EQ(error.fingerprint(), shown);
    }
    accepting.join();
  });
}

TEST_P(Tls, IpLiteralsAreVerified) {
  in_world([] {
    TlsPair pair = tls_pair(client_context(), server_context(), to("127.0.0.1"));
    EXPECT_EQ(pair.server.server_hostname(), "");  // RFC 6066: literals are not sent
  });
}

TEST_P(Tls, NamesAreNormalized) {
  in_world([] {
    const Identity identity({"localhost", "fe80::1", "*.example.org"});
    const auto heard = [&](const std::string& name) {
      TlsPair pair = tls_pair(client_context(identity), server_context(identity), to(name));
      return pair.server.server_hostname();
    };
    EXPECT_EQ(heard("localhost."), "localhost");
    EXPECT_EQ(heard("LOCALHOST"), "localhost");
    EXPECT_EQ(heard("fe80::1%eth0"), "");
    EXPECT_EQ(heard("www.example.org"), "www.example.org");
    EXPECT_NE(refusal(identity, client_context(identity), "a.www.example.org"), "");
    EXPECT_NE(refusal(identity, client_context(identity), "example.org"), "");
  });
}

TEST_P(Tls, BothSidesVerifyCertificates) {
  in_world([] {
    const Identity member({"member"});
    SSLContext theirs = server_context();
    theirs.load_verify_locations({}, {}, member.pem);
    theirs.set_verify_mode(CERT_REQUIRED);
    SSLContext ours = client_context();
    auto attempt = [&] {
      auto [client, server] = connected();
      auto accepting = spawn([&theirs, server = std::move(server)]() mutable {
        return thrown<SSLError>([&] {
          SSLSocket socket = theirs.wrap_socket(std::move(server), as_server());
          EXPECT_EQ(socket.getpeercert()->subject_alt_name.front(), "DNS:member");
          socket.sendall("welcome");
        });
      });
      SSLSocket socket = ours.wrap_socket(std::move(client), to("localhost"));
      const std::string heard = thrown<OSError>([&] { EXPECT_EQ(receive(socket, 7), "welcome"); });
      const std::string said = accepting.get();
      EXPECT_EQ(said.empty(), heard.empty());
      return said;
    };
    EXPECT_NE(attempt().find("peer did not return a certificate"), std::string::npos);
    ours.load_cert_chain(member.certfile(), member.keyfile());
    EXPECT_EQ(attempt(), "");
  });
}

TEST_P(Tls, SessionsAreResumed) {
  in_world([] {
    for (const TLSVersion version : {TLSVersion::TLSv1_2, TLSVersion::TLSv1_3}) {
      SSLContext ours = client_context(), theirs = server_context();
      ours.set_maximum_version(version);
      TlsPair first = tls_pair(ours, theirs);
      first.server.sendall("x");
      EXPECT_EQ(receive(first.client, 1), "x");  // the tickets arrive first
      EXPECT_FALSE(first.client.session_reused());
      WrapOptions options = to("localhost");
      options.session = first.client.session();
      TlsPair second = tls_pair(ours, theirs, options);
      EXPECT_TRUE(second.client.session_reused());
      EXPECT_TRUE(second.server.session_reused());
    }
  });
}

// --- time ----------------------------------------------------------------------------------------------------------

TEST_P(Tls, AStalledHandshakeTimesOutAndBlocksNoFiber) {
  in_world([] {
    auto [silent, server] = connected();
    server.settimeout(100ms);
    const SSLContext theirs = server_context();
    auto stalled = spawn([&theirs, server = std::move(server)]() mutable {
      return thrown<TimeoutError>([&] { theirs.wrap_socket(std::move(server), as_server()); });
    });
    TlsPair pair = tls_pair();
    pair.client.sendall("meanwhile");
    EXPECT_EQ(receive(pair.server, 9), "meanwhile");
    EXPECT_NE(stalled.get().find("do_handshake 127.0.0.1:"), std::string::npos);
    EXPECT_EQ(silent.recv(1), "");
  });
}

TEST_P(Tls, ATimeoutCoversARecv) {
  in_world([] {
    TlsPair pair = tls_pair();
    pair.client.settimeout(20ms);
    EXPECT_THROW(pair.client.recv(1), TimeoutError);
    pair.server.sendall("late");
    pair.client.settimeout(std::nullopt);
    EXPECT_EQ(receive(pair.client, 4), "late");
  });
}

TEST_P(Tls, ATimeoutCoversASendall) {
  in_world([] {
    TlsPair pair = tls_pair();
    const std::string data = pattern(30'000'000);
    pair.client.settimeout(50ms);
    std::size_t done = 0;
    try {
      pair.client.sendall(data);
      ADD_FAILURE() << "30 MB went into nowhere";
    } catch (const TimeoutError& error) {
      done = error.done();
    }
    EXPECT_GT(done, 0u);
    pair.server.settimeout(5s);
    EXPECT_TRUE(receive(pair.server, done) == data.substr(0, done));
  });
}

TEST_P(Tls, ATimeoutOfZeroThrowsWantReadOrWantWrite) {
  in_world([] {
    TlsPair pair = tls_pair();
    pair.client.setblocking(false);
    EXPECT_THROW(pair.client.recv(1), SSLWantReadError);
    EXPECT_FALSE(pair.client.wait_readable(5ms));
    pair.server.sendall("now");
    EXPECT_TRUE(pair.client.wait_readable(5s));
    EXPECT_EQ(pair.client.recv(1, MSG_PEEK), "n");
    EXPECT_EQ(pair.client.recv(10), "now");
    std::size_t sent = 0;
    EXPECT_THROW(for (;;) sent += pair.client.send(std::string(16'384, 'x')), SSLWantWriteError);
    auto reading = spawn([&] { return receive(pair.server, sent + 3).substr(sent); });
    EXPECT_TRUE(pair.client.wait_writable(5s));
    pair.client.setblocking(true);
    pair.client.sendall("end");
    EXPECT_EQ(reading.get(), "end");
  });
}

TEST_P(Tls, ANonblockingSocketDoesTheHandshakeInSteps) {
  in_world([] {
    auto [client, server] = connected();
    client.setblocking(false);
    server.setblocking(false);
    const SSLContext ours = client_context(), theirs = server_context();
    WrapOptions options = to("localhost");
    options.do_handshake_on_connect = false;
    SSLSocket left = ours.wrap_socket(std::move(client), options);
    SSLSocket right = theirs.wrap_socket(std::move(server), as_server(false));
    EXPECT_EQ(left.version(), "");
    auto finish = [](SSLSocket& socket) {
      for (;;) {
        try {
          return socket.do_handshake();
        } catch (const SSLWantReadError&) {
          socket.setblocking(true);
          socket.wait_readable(1ms);
          socket.setblocking(false);
        }
      }
    };
    auto other = spawn([&] { finish(right); });
    finish(left);
    other.get();
    EXPECT_EQ(left.version(), "TLSv1.3");
  });
}

// --- the end -------------------------------------------------------------------------------------------------------

TEST_P(Tls, ShutdownEndsOneDirection) {
  in_world([] {
    TlsPair pair = tls_pair();
    pair.client.sendall("question");
    pair.client.shutdown(SHUT_WR);
    EXPECT_EQ(receive(pair.server, 100), "question");
    pair.server.sendall("answer");
    pair.server.close();
    EXPECT_EQ(receive(pair.client, 100), "answer");
  });
}

TEST_P(Tls, WhoShutsDownItsOwnReadingSendsNoAlert) {
  in_world([] {
    WrapOptions strict = to("localhost");
    strict.suppress_ragged_eofs = false;
    TlsPair pair = tls_pair(client_context(), server_context(), strict);
    pair.server.shutdown(SHUT_RD);
    EXPECT_EQ(pair.server.recv(1), "");
    pair.server.sendall("goodbye");
    pair.server.close();
    EXPECT_EQ(receive(pair.client, 7), "goodbye");
    EXPECT_EQ(pair.client.recv(1), "");
  });
}

TEST_P(Tls, CloseSendsCloseNotify) {
  in_world([] {
    WrapOptions strict = to("localhost");
    strict.suppress_ragged_eofs = false;
    TlsPair pair = tls_pair(client_context(), server_context(), strict);
    pair.server.close();
    EXPECT_EQ(pair.client.recv(1), "");
  });
}

TEST_P(Tls, ARaggedEndThrowsOnRequest) {
  if (GetParam() == "sim") GTEST_SKIP() << "a simulated socket has no descriptor to shut down behind TLS's back";
  in_world([] {
    for (const bool suppressed : {true, false}) {
      WrapOptions options = to("localhost");
      options.suppress_ragged_eofs = suppressed;
      TlsPair pair = tls_pair(client_context(), server_context(), options);
      ::shutdown(pair.server.fileno(), SHUT_WR);
      if (suppressed) {
        EXPECT_EQ(pair.client.recv(1), "");
      } else {
        EXPECT_THROW(pair.client.recv(1), SSLEOFError);
      }
    }
  });
}

TEST_P(Tls, UnwrapReturnsThePlainSocket) {
  in_world([] {
    TlsPair pair = tls_pair();
    auto other = spawn([&] { return pair.server.unwrap(); });
    Socket client = pair.client.unwrap();
    Socket server = other.get();
    EXPECT_TRUE(pair.client.closed());
    client.sendall("in the clear");
    EXPECT_EQ(receive(server, 12), "in the clear");
  });
}

TEST_P(Tls, CloseWakesAReaderAndAHandshake) {
  in_world([] {
    TlsPair pair = tls_pair();
    auto reading = spawn([&] { return thrown<OSError>([&] { pair.client.recv(1); }); });
    auto [silent, server] = connected();
    SSLSocket waiting = server_context().wrap_socket(std::move(server), as_server(false));
    auto shaking = spawn([&] { return thrown<OSError>([&] { waiting.do_handshake(); }); });
    sleep(10ms);
    pair.client.close();
    waiting.close();
    EXPECT_NE(reading.get().find("Bad file descriptor"), std::string::npos);
    EXPECT_NE(shaking.get().find("Bad file descriptor"), std::string::npos);
  });
}

// --- one worker, many connections ----------------------------------------------------------------------------------

TEST_P(Tls, ErrorsStayWithTheirConnection) {
  in_world([] {
    TlsPair pair = tls_pair();
    auto reading = spawn([&] { return receive(pair.client, 4); });
    sleep(1ms);
    // Another fiber's handshake fails, and another library leaves an error in the thread's queue.
    auto [noise, server] = connected();
    noise.sendall("GET / HTTP/1.1\r\n\r\n");
    EXPECT_THROW(server_context().wrap_socket(std::move(server), as_server()), SSLError);
    ERR_raise(ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED);
    pair.server.sendall("fi");
    ERR_raise(ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED);
    EXPECT_FALSE(pair.server.wait_readable(1ms));
    ERR_raise(ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED);
    pair.server.sendall("ne");
    EXPECT_EQ(reading.get(), "fine");
    ERR_clear_error();
  });
}

TEST_P(Tls, ACancelAtEachWaitLeavesNothing) {
  in_world([] {
    const SSLContext ours = client_context(), theirs = server_context();
    const std::string data = pattern(500'000);
    connected();
    const std::size_t before = open_descriptors();
    bool finished = false;
    for (int turns = 1; !finished; turns += 1 + turns / 4) {
      auto [client, server] = connected();
      // The peer echoes until the end.
      auto peer = spawn([&theirs, &data, server = std::move(server)]() mutable {
        try {
          SSLSocket socket = theirs.wrap_socket(std::move(server), as_server());
          while (!socket.recv(50'000).empty()) socket.send("+");
        } catch (const OSError&) {
          // The other side was cancelled.
        }
      });
      auto session = spawn([&, client = std::move(client)]() mutable {
        SSLSocket socket = ours.wrap_socket(std::move(client), to("localhost"));
        socket.sendall(data);
        socket.shutdown(SHUT_WR);
        while (!socket.recv(1000).empty()) continue;
        finished = true;
      });
      for (int turn = 0; turn < turns && !session.done(); ++turn) sleep(Duration::zero());
      session.cancel();
      session.join();
      peer.join();
    }
    if (GetParam() != "sim") {
      EXPECT_EQ(open_descriptors(), before);
    }
  });
}

TEST_P(Tls, OneListenerServesManyClients) {
  in_world([] {
    SSLSocket listener = server_context().wrap_socket(create_server({"127.0.0.1", 0}), as_server());
    auto serving = spawn([&] {
      for (int i = 0; i < 20; ++i) {
        spawn([client = listener.accept()]() mutable {
          for (std::string data; !(data = client.recv(512)).empty();) client.sendall(data);
        });
      }
    });
    Socket stalled(AF_INET);
    stalled.connect(listener.getsockname());  // silent; must not delay the others
    std::vector<Fiber<>> clients;
    const SSLContext context = client_context();
    for (int i = 0; i < 19; ++i) {
      clients.push_back(spawn([&, text = std::to_string(i)] {
        SSLSocket client = context.wrap_socket(Socket(AF_INET), to("localhost"));
        client.connect(listener.getsockname());
        client.sendall(text);
        EXPECT_EQ(receive(client, text.size()), text);
      }));
    }
    for (auto& client : clients) client.get();
    serving.get();
  });
}

// --- a Socket like any other ---------------------------------------------------------------------------------------

TEST_P(Tls, IsASocket) {
  in_world([] {
    TlsPair pair = tls_pair();
    Socket plain = std::move(pair.client);
    auto file = plain.makefile();
    pair.server.sendall("one line\nanother");
    std::string line;
    EXPECT_TRUE(std::getline(file, line));
    EXPECT_EQ(line, "one line");
    file << "back\n" << std::flush;
    EXPECT_EQ(receive(pair.server, 5), "back\n");
    EXPECT_THROW(plain.recvmsg(1), OSError);
    EXPECT_THROW(plain.recvfrom(1), OSError);
    EXPECT_THROW(plain.sendto("x", {}), OSError);
    EXPECT_THROW(plain.dup(), OSError);
    EXPECT_THROW(plain.recv(1, MSG_OOB), OSError);
    EXPECT_EQ(plain.recv(0), "");
    EXPECT_EQ(plain.send(""), 0u);
    SSLSocket none;
    EXPECT_THROW(none.version(), OSError);
    EXPECT_THROW(none.recv(1), OSError);
  });
}

TEST_P(Tls, SendfileIsEncryptedToo) {
  in_world([] {
    TlsPair pair = tls_pair();
    const std::string data = pattern(200'000);
    std::FILE* file = std::tmpfile();
    ASSERT_EQ(std::fwrite(data.data(), 1, data.size(), file), data.size());
    std::fflush(file);
    auto sending = spawn([&] { return pair.client.sendfile(::fileno(file), 1000); });
    EXPECT_TRUE(receive(pair.server, data.size() - 1000) == data.substr(1000));
    EXPECT_EQ(sending.get(), data.size() - 1000);
    std::fclose(file);
  });
}

TEST_P(Tls, TakesBytesThatWereReadBefore) {
  in_world([] {
    auto [client, server] = connected();
    auto shaking = spawn([client = std::move(client)]() mutable {
      SSLSocket socket = client_context().wrap_socket(std::move(client), to("localhost"));
      socket.sendall("after all");
      EXPECT_EQ(socket.recv(1), "");
    });
    WrapOptions options = as_server(false);
    options.already_read = server.recv(20);
    EXPECT_EQ(options.already_read.front(), '\x16');
    SSLSocket socket = server_context().wrap_socket(std::move(server), options);
    EXPECT_TRUE(socket.wait_readable(5s));
    EXPECT_EQ(receive(socket, 9), "after all");
    socket.close();
    shaking.get();
  });
}

// --- without fibers, and without a network -------------------------------------------------------------------------

TEST(TlsInThreads, BytesGoBothWays) {
  auto [client, server] = connected();
  const std::string data = pattern(1'000'000);
  std::thread other([&, &s = server] {
    SSLSocket socket = server_context().wrap_socket(std::move(s), as_server());
    std::thread writer([&] { socket.sendall(data); });
    EXPECT_TRUE(receive(socket, data.size()) == data);
    writer.join();
  });
  SSLSocket socket = client_context().wrap_socket(std::move(client), to("localhost"));
  std::thread writer([&] { socket.sendall(data); });
  EXPECT_TRUE(receive(socket, data.size()) == data);
  writer.join();
  other.join();
}

TEST(TlsContext, BadFilesAreNamed) {
  SSLContext context(PROTOCOL_TLS_SERVER);
  const Identity other({"other"});
  EXPECT_THROW(context.load_cert_chain("/no/such/file"), FileNotFoundError);
  EXPECT_THROW(context.load_verify_locations("/no/such/file"), FileNotFoundError);
  EXPECT_THROW(context.load_verify_locations({}), std::invalid_argument);
  EXPECT_THROW(context.load_verify_locations({}, {}, "nonsense"), SSLError);
  const auto mismatch = thrown<SSLError>([&] { context.load_cert_chain(local().certfile(), other.keyfile()); });
  EXPECT_NE(mismatch.find("key values mismatch"), std::string::npos) << mismatch;
  EXPECT_NE(mismatch.find(other.keyfile()), std::string::npos) << mismatch;
  const auto no_certificate = thrown<SSLError>([&] { context.load_cert_chain(local().keyfile()); });
  EXPECT_NE(no_certificate.find("no start line"), std::string::npos) << no_certificate;
  EXPECT_THROW(context.set_ciphers("NO-SUCH-CIPHER"), SSLError);
}

TEST(TlsContext, BadArgumentsAreRefused) {
  SSLContext context(PROTOCOL_TLS_CLIENT);
  EXPECT_EQ(context.verify_mode(), CERT_REQUIRED);
  EXPECT_THROW(context.set_verify_mode(CERT_NONE), std::invalid_argument);
  context.set_check_hostname(false);
  context.set_verify_mode(CERT_NONE);
  EXPECT_THROW(context.set_check_hostname(true), std::invalid_argument);
  EXPECT_THROW(context.set_alpn_protocols({""}), std::invalid_argument);
  EXPECT_THROW(context.wrap_socket(Socket(AF_INET, SOCK_DGRAM)), std::invalid_argument);
  EXPECT_THROW(context.wrap_socket(Socket(AF_INET), as_server()), std::invalid_argument);
  EXPECT_THROW(client_context().wrap_socket(Socket(AF_INET)), std::invalid_argument);
  EXPECT_THROW(context.wrap_socket(Socket()), OSError);
}

// Values that C would read as another file, name or password.
TEST(TlsContext, ANulIsRefused) {
  const std::string nul("\0", 1);
  const auto refuses = [](auto call) { EXPECT_THROW(call(), std::invalid_argument); };
  SSLContext server = server_context(), client = client_context();
  refuses([&] { server.load_cert_chain(local().certfile() + nul, local().keyfile()); });
  refuses([&] { server.load_cert_chain(local().certfile(), local().keyfile() + nul + "x"); });
  refuses([&] { server.load_cert_chain(local().certfile(), local().keyfile(), "pass" + nul); });
  refuses([&] { server.load_verify_locations(local().certfile() + nul); });
  refuses([&] { server.load_verify_locations({}, "/etc/ssl/certs" + nul + "/none"); });
  refuses([&] { create_default_context(Purpose::SERVER_AUTH, local().certfile() + nul); });
  refuses([&] { server.set_ciphers("ECDHE-ECDSA-AES256-GCM-SHA384" + nul); });
  refuses([&] { server.set_keylog_filename("/dev/null" + nul); });
  refuses([&] { client.wrap_socket(Socket(AF_INET), to("localhost" + nul + ".example.org")); });
  refuses([&] { client.wrap_socket(Socket(AF_INET), to(nul)); });
  refuses([&] { tls::read_certificate(local().certfile() + nul); });
  refuses([&] { tls::make_self_signed("name" + nul, {}, 1); });
  refuses([&] { tls::make_self_signed("name", {"a" + nul + ".example"}, 1); });
  client.set_alpn_protocols({"bytes" + nul});  // not a C string
}

TEST(TlsContext, HostNamesAreChecked) {
  const SSLContext context = client_context();
  for (const char* name : {".localhost", ".", "..", "local host", "local/host",
                           "b\xc3\xbc"
                           "cher.example",
                           "local\nhost"})
    EXPECT_THROW(context.wrap_socket(Socket(AF_INET), to(name)), std::invalid_argument) << name;
  EXPECT_THROW(context.wrap_socket(Socket(AF_INET), to(std::string(256, 'a'))), std::invalid_argument);
}

TEST(TlsContext, KeysAreLoggedForWireshark) {
  const std::string path = ::testing::TempDir() + "loquat-keys-" + std::to_string(::getpid());
  SSLContext context = client_context();
  context.set_keylog_filename(path);
  run([&] { tls_pair(context, server_context()); });
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_NE(text.find("CLIENT_TRAFFIC_SECRET_0 "), std::string::npos) << text;
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0600));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace loquat
