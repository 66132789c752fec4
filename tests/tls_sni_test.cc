// The SNI callback: every setting of the context that it chooses applies; and what the callback may do.
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <cctype>
#include <fstream>

#include "loquat/sync.h"
#include "tests/tls_pair.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

class TlsSni : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, TlsSni, ::testing::Values("epoll", "uring", "sim"), world_name);

const Identity& inner() {
  static const Identity identity({"private.test"}, 30, "private");
  return identity;
}

const Identity& member() {
  static const Identity identity({"member"}, 30, "member");
  return identity;
}

// Clients that trust both certificates and check no name, so that they may try to resume any session.
SSLContext lax_client(std::optional<TLSVersion> version = {}) {
  SSLContext context = client_context();
  context.load_verify_locations({}, {}, inner().pem);
  context.set_check_hostname(false);
  if (version) {
    context.set_minimum_version(*version);
    context.set_maximum_version(*version);
  }
  return context;
}

// The context of "localhost". Its callback returns `chosen` for "private.test".
SSLContext front_of(const SSLContext& chosen) {
  SSLContext front = server_context();
  front.set_sni_callback([chosen](const std::string& name) -> std::optional<SSLContext> {
    if (name == "private.test") return chosen;
    return {};
  });
  return front;
}

SSLContext members_only() {
  SSLContext context = server_context(inner());
  context.load_verify_locations({}, {}, member().pem);
  context.set_verify_mode(CERT_REQUIRED);
  return context;
}

struct Outcome {
  std::string server, client;  // the error of each side; empty: none
  SSLSession session;
  bool reused = false;
  std::string version, cipher, alpn;
  bool member = false;  // the client has presented its certificate, now or when the session was made
};

// Makes a connection and sends a byte each way.
Outcome talk(const SSLContext& ours, const SSLContext& theirs, WrapOptions options = to("private.test")) {
  auto [client, server] = connected();
  Outcome outcome;
  auto serving = spawn([&, server = std::move(server)]() mutable {
    outcome.server = thrown<std::exception>([&] {
      SSLSocket socket = theirs.wrap_socket(std::move(server), as_server());
      outcome.member = socket.getpeercert().has_value();
      EXPECT_EQ(receive(socket, 1), "?");
      socket.sendall("!");
      socket.recv(1);
    });
  });
  outcome.client = thrown<OSError>([&] {
    SSLSocket socket = ours.wrap_socket(std::move(client), std::move(options));
    socket.sendall("?");
    if (receive(socket, 1) != "!") throw_oserror(ECONNRESET, {"no answer", {}, {}, 0});
    outcome.session = socket.session();
    outcome.reused = socket.session_reused();
    outcome.version = socket.version();
    outcome.cipher = socket.cipher()->name;
    outcome.alpn = socket.selected_alpn_protocol();
  });
  serving.get();
  return outcome;
}

constexpr TLSVersion both_versions[] = {TLSVersion::TLSv1_2, TLSVersion::TLSv1_3};

TEST_P(TlsSni, TheChosenContextDecidesWhetherClientsNeedACertificate) {
  run([] {
    const SSLContext theirs = front_of(members_only());
    for (const TLSVersion version : both_versions) {
      SSLContext ours = lax_client(version);
      EXPECT_EQ(talk(ours, theirs, to("localhost")).server, "");
      EXPECT_NE(talk(ours, theirs).server.find("peer did not return a certificate"), std::string::npos);
      ours.load_cert_chain(member().certfile(), member().keyfile());
      const Outcome good = talk(ours, theirs);
      EXPECT_EQ(good.server + good.client, "");
      EXPECT_TRUE(good.member);
    }
  });
}

TEST_P(TlsSni, TheChosenContextDecidesWhichCertificatesAreTrusted) {
  run([] {
    SSLContext ours = lax_client();
    ours.load_cert_chain(inner().certfile(), inner().keyfile());  // a valid certificate, but not a member's
    SSLContext trusting = server_context();
    trusting.load_verify_locations({}, {}, inner().pem);
    trusting.set_verify_mode(CERT_REQUIRED);
    trusting.set_sni_callback([](const std::string&) { return members_only(); });
    EXPECT_NE(talk(ours, trusting).server.find("certificate verify failed"), std::string::npos);
    // Conversely, the outer context requires a certificate and the inner one does not.
    SSLContext strict = members_only();
    strict.set_sni_callback([](const std::string&) { return server_context(inner()); });
    EXPECT_EQ(talk(lax_client(), strict).server, "");
  });
}

TEST_P(TlsSni, TheChosenContextDecidesHowToVerify) {
  run([] {
    SSLContext ours = lax_client(), chosen = members_only();
    ours.load_cert_chain(member().certfile(), member().keyfile());
    SSLContext outer = front_of(chosen);
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(outer.native()), X509_V_FLAG_CRL_CHECK);
    EXPECT_EQ(talk(ours, outer).server, "") << "the outer one's flags do not count";
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(chosen.native()), X509_V_FLAG_CRL_CHECK);
    EXPECT_NE(talk(ours, outer).server.find("unable to get certificate CRL"), std::string::npos);
  });
}

TEST_P(TlsSni, TheChosenContextLimitsVersions) {
  run([] {
    SSLContext newest = server_context(inner()), oldest = server_context(inner());
    newest.set_minimum_version(TLSVersion::TLSv1_3);
    oldest.set_maximum_version(TLSVersion::TLSv1_2);
    EXPECT_EQ(talk(lax_client(), front_of(newest)).version, "TLSv1.3");
    EXPECT_NE(talk(lax_client(TLSVersion::TLSv1_2), front_of(newest)).server.find("unsupported protocol"),
              std::string::npos);
    EXPECT_EQ(talk(lax_client(), front_of(oldest)).version, "TLSv1.2");
    EXPECT_NE(talk(lax_client(TLSVersion::TLSv1_3), front_of(oldest)).server, "");
    SSLContext outer = server_context();  // its own limits do not apply to the other name
    outer.set_minimum_version(TLSVersion::TLSv1_3);
    outer.set_sni_callback([](const std::string&) { return server_context(inner()); });
    EXPECT_EQ(talk(lax_client(TLSVersion::TLSv1_2), outer).version, "TLSv1.2");
  });
}

TEST_P(TlsSni, TheChosenContextLimitsCiphers) {
  run([] {
    SSLContext chosen = server_context(inner());
    chosen.set_ciphers("ECDHE-ECDSA-CHACHA20-POLY1305");
    const SSLContext ours = lax_client(TLSVersion::TLSv1_2);
    EXPECT_EQ(talk(ours, front_of(chosen)).cipher, "ECDHE-ECDSA-CHACHA20-POLY1305");
    EXPECT_NE(talk(ours, front_of(chosen), to("localhost")).cipher, "ECDHE-ECDSA-CHACHA20-POLY1305");
  });
}

TEST_P(TlsSni, TheChosenContextSelectsAlpn) {
  run([] {
    SSLContext ours = lax_client(), chosen = server_context(inner());
    ours.set_alpn_protocols({"irc", "http/1.1"});
    EXPECT_EQ(talk(ours, front_of(chosen)).alpn, "");
    chosen.set_alpn_protocols({"irc"});
    EXPECT_EQ(talk(ours, front_of(chosen)).alpn, "irc");
    EXPECT_EQ(talk(ours, front_of(chosen), to("localhost")).alpn, "");
    chosen.set_alpn_protocols({"other"});
    EXPECT_NE(talk(ours, front_of(chosen)).server.find("no application protocol"), std::string::npos);
  });
}

TEST_P(TlsSni, TheChosenContextSetsTicketsAndOptions) {
  run([] {
    SSLContext chosen = server_context(inner());
    chosen.set_num_tickets(0);
    const SSLContext new_one = lax_client(TLSVersion::TLSv1_3), old_one = lax_client(TLSVersion::TLSv1_2);
    EXPECT_EQ(SSL_SESSION_is_resumable(talk(new_one, front_of(chosen)).session.get()), 0);
    EXPECT_EQ(SSL_SESSION_is_resumable(talk(new_one, front_of(chosen), to("localhost")).session.get()), 1);
    SSLContext outer = front_of(chosen);
    SSL_CTX_set_options(outer.native(), SSL_OP_NO_TICKET);
    EXPECT_EQ(SSL_SESSION_has_ticket(talk(old_one, outer).session.get()), 1) << "the outer one's options do not count";
    SSL_CTX_set_options(chosen.native(), SSL_OP_NO_TICKET);
    EXPECT_EQ(SSL_SESSION_has_ticket(talk(old_one, front_of(chosen)).session.get()), 0);
    EXPECT_EQ(SSL_SESSION_has_ticket(talk(old_one, front_of(chosen), to("localhost")).session.get()), 1);
  });
}

TEST_P(TlsSni, TheChosenContextWritesTheKeyLog) {
  run([] {
    const std::string path = ::testing::TempDir() + "loquat-sni-keys-" + std::to_string(::getpid());
    SSLContext outer = server_context(), chosen = server_context(inner());
    outer.set_keylog_filename(path + "-outer");
    chosen.set_keylog_filename(path + "-chosen");
    outer.set_sni_callback([&](const std::string&) { return chosen; });
    EXPECT_EQ(talk(lax_client(), outer).server, "");
    EXPECT_EQ(std::filesystem::file_size(path + "-outer"), 0u);
    EXPECT_GT(std::filesystem::file_size(path + "-chosen"), 100u);
    std::filesystem::remove(path + "-outer");
    std::filesystem::remove(path + "-chosen");
  });
}

// --- sessions ------------------------------------------------------------------------------------------------------

WrapOptions resuming(const std::string& name, const Outcome& earlier) {
  WrapOptions options = to(name);
  options.session = earlier.session;
  return options;
}

// With tickets, and with session ids that the server keeps.
TEST_P(TlsSni, SessionsAreResumedOnlyForTheNameTheyWereMadeFor) {
  run([] {
    for (const bool tickets : {true, false}) {
      for (const TLSVersion version : both_versions) {
        SSLContext theirs = front_of(members_only());
        if (!tickets) SSL_CTX_set_options(theirs.native(), SSL_OP_NO_TICKET);
        SSLContext ours = lax_client(version);
        const Outcome outside = talk(ours, theirs, to("localhost"));
        EXPECT_TRUE(talk(ours, theirs, resuming("localhost", outside)).reused);
        const Outcome intruder = talk(ours, theirs, resuming("private.test", outside));
        EXPECT_NE(intruder.server.find("peer did not return a certificate"), std::string::npos) << intruder.server;
        EXPECT_FALSE(intruder.reused);

        ours.load_cert_chain(member().certfile(), member().keyfile());
        const Outcome inside = talk(ours, theirs);
        EXPECT_EQ(inside.server, "");
        const Outcome again = talk(ours, theirs, resuming("private.test", inside));
        EXPECT_TRUE(again.reused);
        EXPECT_TRUE(again.member);
        EXPECT_FALSE(talk(ours, theirs, resuming("localhost", inside)).reused);
      }
    }
  });
}

TEST_P(TlsSni, AStricterContextRefusesOldSessions) {
  run([] {
    for (const TLSVersion version : both_versions) {
      SSLContext theirs = server_context();
      const SSLContext ours = lax_client(version);
      const Outcome first = talk(ours, theirs, to("localhost"));
      theirs.set_verify_mode(CERT_REQUIRED);
      EXPECT_NE(talk(ours, theirs, resuming("localhost", first)).server.find("peer did not return a certificate"),
                std::string::npos);
    }
  });
}

// A resumed session presents no certificate, so a session for another name, or an unverified one, must not be resumed.
TEST_P(TlsSni, AClientResumesOnlyVerifiedSessions) {
  run([] {
    for (const TLSVersion version : both_versions) {
      const SSLContext theirs = server_context();
      SSLContext ours = client_context();
      ours.set_maximum_version(version);
      const Outcome first = talk(ours, theirs, to("localhost"));
      EXPECT_TRUE(talk(ours, theirs, resuming("localhost", first)).reused);
      const Outcome elsewhere = talk(ours, theirs, resuming("private.test", first));
      EXPECT_NE(elsewhere.client.find("ostname mismatch"), std::string::npos) << elsewhere.client;
      EXPECT_FALSE(talk(client_context(), theirs, resuming("localhost", first)).reused);
      SSLContext careless = lax_client(version);
      careless.set_verify_mode(CERT_NONE);
      const Outcome unchecked = talk(careless, theirs, to("private.test"));
      careless.set_verify_mode(CERT_REQUIRED);
      EXPECT_FALSE(talk(careless, theirs, resuming("private.test", unchecked)).reused);
    }
  });
}

// --- the callback --------------------------------------------------------------------------------------------------

TEST_P(TlsSni, TheChosenContextsOwnCallbackIsNotCalled) {
  run([] {
    int calls = 0;
    SSLContext chosen = server_context(inner());
    chosen.set_sni_callback([&](const std::string&) -> std::optional<SSLContext> { throw std::logic_error("nested"); });
    SSLContext theirs = server_context();
    // Not the client's first guess, so it sends a second ClientHello.
    SSL_CTX_set1_groups_list(theirs.native(), "P-384");
    theirs.set_sni_callback([&](const std::string&) { return ++calls, chosen; });
    EXPECT_EQ(talk(lax_client(), theirs).server, "");
    EXPECT_EQ(calls, 1);
  });
}

TEST_P(TlsSni, TheChosenContextLivesAsLongAsItsConnection) {
  run([] {
    SSLContext theirs = server_context();
    theirs.set_sni_callback([](const std::string&) {
      SSLContext made_for_it = members_only();
      made_for_it.set_alpn_protocols({"irc"});
      return made_for_it;
    });
    SSLContext ours = lax_client();
    ours.set_alpn_protocols({"irc"});
    ours.load_cert_chain(member().certfile(), member().keyfile());
    for (int i = 0; i < 20; ++i) EXPECT_EQ(talk(ours, theirs).alpn, "irc");
  });
}

TEST_P(TlsSni, AClientContextIsRefused) {
  run([] {
    SSLContext theirs = server_context();
    theirs.set_sni_callback([](const std::string&) { return client_context(); });
    const Outcome outcome = talk(lax_client(), theirs);
    EXPECT_NE(outcome.server.find("not for servers"), std::string::npos) << outcome.server;
    EXPECT_NE(outcome.client.find("internal error"), std::string::npos) << outcome.client;
    theirs.set_sni_callback([](const std::string&) {
      SSLContext context = server_context();
      const SSLContext taken = std::move(context);
      return context;
    });
    EXPECT_NE(talk(lax_client(), theirs).server.find("not for servers"), std::string::npos);
  });
}

// Wraps the server's end with this callback and returns the result.
template <class F>
std::string comes_out(F callback) {
  SSLContext theirs = server_context();
  theirs.set_sni_callback([&](const std::string&) -> std::optional<SSLContext> { return callback(); });
  auto [client, server] = connected();
  auto asking = spawn([client = std::move(client)]() mutable {
    return thrown<SSLError>([&] { client_context().wrap_socket(std::move(client), to("localhost")); });
  });
  std::string out = "nothing";
  try {
    theirs.wrap_socket(std::move(server), as_server());
  } catch (const std::exception& error) {
    out = error.what();
  } catch (const int& number) {
    out = std::to_string(number);
  } catch (const Cancelled&) {
    out = "cancelled";
  }
  EXPECT_NE(asking.get().find("internal error"), std::string::npos) << "the client's alert";
  return out;
}

TEST_P(TlsSni, ExceptionsOfTheCallbackReachTheCaller) {
  run([] {
    EXPECT_EQ(comes_out([]() -> SSLContext { throw std::runtime_error("no such name"); }), "no such name");
    EXPECT_EQ(comes_out([]() -> SSLContext { throw 42; }), "42");
    EXPECT_EQ(comes_out([]() -> SSLContext { throw Cancelled{}; }), "cancelled");
    EXPECT_EQ(talk(client_context(), server_context(), to("localhost")).server, "");
  });
}

TEST_P(TlsSni, TheCallbackMayWait) {
  run([] {
    Event loaded;
    SSLContext theirs = server_context();
    theirs.set_sni_callback([&](const std::string&) {
      loaded.wait();
      return server_context(inner());
    });
    auto [client, server] = connected();
    auto waiting = spawn([&, server = std::move(server)]() mutable {
      receive(*std::make_unique<SSLSocket>(theirs.wrap_socket(std::move(server), as_server())), 1);
    });
    auto asking = spawn([client = std::move(client)]() mutable {
      SSLSocket socket = lax_client().wrap_socket(std::move(client), to("private.test"));
      socket.sendall("x");
      socket.recv(1);  // reads the tickets, too: closing before would reset
    });
    EXPECT_EQ(talk(client_context(), server_context(), to("localhost")).server, "") << "others go on meanwhile";
    EXPECT_FALSE(waiting.done());
    loaded.set();
    waiting.get();
    asking.get();
  });
}

TEST_P(TlsSni, ACancelDuringTheCallbackEndsTheHandshake) {
  run([] {
    Event begun;
    SSLContext theirs = server_context();
    theirs.set_sni_callback([&](const std::string&) -> std::optional<SSLContext> {
      begun.set();
      sleep(1h);
      return {};
    });
    auto [client, server] = connected();
    auto waiting = spawn([&, server = std::move(server)]() mutable {
      theirs.wrap_socket(std::move(server), as_server());
      ADD_FAILURE() << "went on";
    });
    auto asking = spawn([client = std::move(client)]() mutable {
      return thrown<OSError>([&] { lax_client().wrap_socket(std::move(client), to("private.test")); });
    });
    begun.wait();
    waiting.cancel();
    waiting.join();
    EXPECT_NE(asking.get(), "");
  });
}

// --- names ---------------------------------------------------------------------------------------------------------

// Our client's first bytes, with "localhost" replaced by a name of the same length.
std::string hello_for(std::string_view name) {
  std::string hello = client_hello();
  return hello.replace(hello.find("localhost"), 9, name);
}

struct Heard {
  std::optional<std::string> name;
  std::string error;
};

Heard hear(const std::string& bytes) {
  Heard heard;
  SSLContext theirs = server_context();
  theirs.set_sni_callback([&](const std::string& name) -> std::optional<SSLContext> {
    heard.name = name;
    return {};
  });
  auto [client, server] = connected();
  client.sendall(bytes);
  client.shutdown(SHUT_WR);
  heard.error = thrown<SSLError>([&, &s = server] { theirs.wrap_socket(std::move(s), as_server()); });
  return heard;
}

TEST_P(TlsSni, NamesAreNormalized) {
  run([] {
    EXPECT_EQ(hear(hello_for("localhost")).name, "localhost");
    EXPECT_EQ(hear(hello_for("LocalHOST")).name, "localhost");
    EXPECT_EQ(hear(hello_for("localhos.")).name, "localhos");
    EXPECT_EQ(hear(hello_for("xn--8_b.*")).name, "xn--8_b.*");
    const Outcome none = talk(lax_client(), front_of(server_context(inner())), to("127.0.0.1"));
    EXPECT_EQ(none.server, "") << "no name at all";
  });
}

TEST_P(TlsSni, InvalidNamesAreRefusedBeforeTheCallback) {
  run([] {
    for (const std::string_view name :
         {std::string_view("local\0ost", 9), std::string_view("\0\0\0\0\0\0\0\0\0", 9), std::string_view("../../etc"),
          std::string_view("local\nost"), std::string_view("local ost"), std::string_view("local\x1bost"),
          std::string_view("\xc3\xa4\xc3\xb6\xc3\xbcxyz"), std::string_view("a\\b\\c\\d\\e")}) {
      const Heard heard = hear(hello_for(name));
      EXPECT_FALSE(heard.name) << name;
      EXPECT_NE(heard.error, "") << name;
    }
  });
}

// Changes each byte of the extension in turn, lengths included. The server either refuses it or passes a valid name to
// the callback.
TEST(TlsSniBytes, AnyWrongByteIsHandled) {
  run([] {
    const std::string hello = hello_for("localhost");
    const std::size_t name = hello.find("localhost");
    for (std::size_t at = name - 9; at < name + 9; ++at) {
      for (const int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
        std::string bytes = hello;
        bytes[at] = static_cast<char>(value);
        const Heard heard = hear(bytes);
        EXPECT_FALSE(heard.name &&
                     heard.name->find_first_of(std::string_view("\0\x7f\x80\xff", 4)) != std::string::npos);
      }
    }
  });
}

}  // namespace
}  // namespace loquat
