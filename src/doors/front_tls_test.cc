// TLS on the one port, for every door. What TLS itself promises: tests/tls_test.cc.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "doors/test_house.h"
#include "tls/certificate.h"

namespace loquat::doors {
namespace {

// The file is this process's own: tests run side by side.
void load(SSLContext& context, const tls::SelfSigned& made) {
  const std::string path = ::testing::TempDir() + "loquat-front-tls-" + std::to_string(::getpid()) + ".pem";
  std::ofstream(path) << made.certificate << made.key;
  context.load_cert_chain(path);
  std::filesystem::remove(path);
}

// A house with a certificate, and a client's context that trusts it.
struct SecureHouse : House {
  explicit SecureHouse(const Options& options = {}) : House(options) {
    const auto made = tls::make_self_signed("house", {"localhost"}, 1);
    SSLContext served(PROTOCOL_TLS_SERVER);
    load(served, made);
    context.tls.set(served);
    trusting.load_verify_locations({}, {}, made.certificate);
  }
  // `before`: bytes that come before the handshake.
  std::unique_ptr<Somebody> visitor(std::string_view before = {}) {
    auto somebody = std::make_unique<Somebody>();
    somebody->send(before);
    WrapOptions options;
    options.server_hostname = "localhost";
    somebody->socket() = trusting.wrap_socket(std::move(somebody->socket()), options);
    return somebody;
  }
  SSLContext trusting{PROTOCOL_TLS_CLIENT};
};

TEST(FrontTls, EveryDoorIsThere) {
  simulated([] {
    SecureHouse house;
    auto plain = terminal("ann");
    auto text = house.visitor();
    text->send("/nick bob\n");
    text->expect("You are called bob now\n");
    auto irc = house.visitor();
    irc->send("NICK cat\r\nUSER cat 0 * :Cat\r\nJOIN #lobby\r\n");
    irc->expect(" 366 ");
    auto web = house.visitor();
    web->send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    EXPECT_NE(web->rest().find("the page"), std::string::npos);
    plain->send("to all of you\n");
    text->expect("ann: to all of you\n");
    irc->expect("PRIVMSG #lobby :to all of you\r\n");
    irc->send("PRIVMSG #lobby :and back\r\n");
    text->expect("cat: and back\n");
    plain->expect("cat: and back\n");
    EXPECT_EQ(house.context.counters.tls, 3u);
    EXPECT_EQ(house.context.counters.tls_failed, 0u);
  });
}

TEST(FrontTls, AStalledHandshakeIsDropped) {
  simulated([] {
    SecureHouse house;
    Somebody stalled;
    stalled.send("\x16\x03");
    const TimePoint began = now();
    auto other = house.visitor();
    other->send("/nick eve\n");
    other->expect("You are called eve now\n");
    EXPECT_LT(now() - began, 5s);
    EXPECT_EQ(stalled.rest(), "");
    EXPECT_GE(now() - began, 14s);
    EXPECT_LT(now() - began, 17s);
    EXPECT_EQ(house.context.counters.tls_failed, 1u);
  });
}

TEST(FrontTls, ABadHandshakeHurtsNobody) {
  simulated([] {
    SecureHouse house;
    for (const std::string& noise : {std::string("\x16\x03\x01\x00\x05hello", 10), std::string(20'000, '\x16')}) {
      Somebody bad;
      try {
        bad.send(noise);
        bad.end_input();
        bad.socket().recv(100);
      } catch (const ConnectionError&) {
        // Refused while it was still talking.
      }
    }
    eventually([&] { return house.context.counters.tls_failed == 2u; });
    auto good = house.visitor();
    good->send("fine\n");
    eventually([&] { return house.said().size() == 1; });
  });
}

TEST(FrontTls, AProxyHeaderComesBeforeTls) {
  simulated([] {
    Options options;
    options.trusted_proxies.add("127.0.0.1");
    SecureHouse house(options);
    auto ann = house.visitor("PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\n");
    ann->send("hello\n");
    ann->expect("* Welcome");
    auto inside = house.visitor();
    inside->send("PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\nhello\n");
    EXPECT_EQ(inside->rest(), "* This is a chat, and what came looks like: PROXY protocol. Goodbye.\n");
    EXPECT_EQ(house.said().size(), 1u);
  });
}

TEST(FrontTls, NoTlsInsideOfTls) {
  simulated([] {
    SecureHouse house;
    auto somebody = house.visitor();
    somebody->send("\x16\x03\x01");
    EXPECT_EQ(somebody->rest().substr(0, 1), "\x15");
    EXPECT_EQ(house.said().size(), 0u);
  });
}

TEST(FrontTls, ACertificateIsChangedWhileTheServerRuns) {
  simulated([] {
    SecureHouse house;
    auto before = house.visitor();
    before->send("/nick old\n");
    before->expect("You are called old now\n");
    const auto made = tls::make_self_signed("another house", {"localhost"}, 1);
    SSLContext fresh(PROTOCOL_TLS_SERVER);
    load(fresh, made);
    house.context.tls.set(fresh);
    EXPECT_THROW(house.visitor(), SSLCertVerificationError);
    house.trusting.load_verify_locations({}, {}, made.certificate);
    auto after = house.visitor();
    after->send("new\n");
    before->expect(": new\n");
  });
}

}  // namespace
}  // namespace loquat::doors
