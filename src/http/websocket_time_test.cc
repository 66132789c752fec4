// How long a WebSocket waits for its peer, in virtual time.
#include "http/websocket_test_client.h"

namespace loquat::http {
namespace {

TEST(WebSocketTime, ASilentPeerIsPingedAndThenDropped) {
  simulated([] {
    End end;
    Site site(echo_handler(end));
    Peer peer(site);
    const TimePoint start = now();
    for (int i = 1; i <= 5; ++i) {
      EXPECT_EQ(peer.event().kind, Kind::ping);  // and answered
      EXPECT_NEAR(std::chrono::duration<double>(now() - start).count(), 20.0 * i, 0.5);
    }
    EXPECT_EQ(peer.event(false).kind, Kind::ping);
    EXPECT_EQ(peer.event(false).code, 1011);
    EXPECT_NEAR(std::chrono::duration<double>(now() - start).count(), 140, 1);
    EXPECT_TRUE(peer.client().at_end());
    EXPECT_EQ(end.code, 1011);
  });
}

TEST(WebSocketTime, APeerThatDoesNotAnswerACloseIsNotWaitedForLong) {
  simulated([] {
    Site site([](Request& request, Response& response) { accept_websocket(request, response); });
    Peer peer(site);
    const TimePoint start = now();
    EXPECT_EQ(peer.event(false).code, 1000);
    EXPECT_TRUE(peer.client().at_end());
    EXPECT_LE(now() - start, 11s);
    while (site.server().connections() != 0) sleep(1s);
    EXPECT_LE(now() - start, 14s);
  });
}

TEST(WebSocketTime, ACloseFromAnotherFiberIsBoundedToo) {
  simulated([] {
    End end;
    Site site([&](Request& request, Response& response) {
      WebSocket ws = accept_websocket(request, response, {.ping_interval = Duration::max()});
      const auto other = spawn([&] {
        sleep(5s);
        ws.close(1000);
      });
      EXPECT_FALSE(ws.recv());
      end.code = ws.close_code();
      end.known.set();
    });
    Peer peer(site);
    const TimePoint start = now();
    EXPECT_EQ(peer.event(false).code, 1000);
    end.known.wait();
    EXPECT_EQ(end.code, 1006);
    EXPECT_LE(now() - start, 41s);
  });
}

TEST(WebSocketTime, AReaderThatStopsIsDropped) {
  simulated([] {
    Event dropped;
    Site site([&](Request& request, Response& response) {
      WebSocket ws = accept_websocket(request, response);
      const std::string frame = encode_text(std::string(10'000, 'x'));
      try {
        for (;;) ws.send_encoded(frame);
      } catch (const TimeoutError&) {
        EXPECT_THROW(ws.send_text("x"), BrokenPipeError);
        EXPECT_FALSE(ws.recv());
        EXPECT_EQ(ws.close_code(), 1006);
        dropped.set();
      }
    });
    Peer peer(site);
    testing::stop_reading(peer.client().socket());
    dropped.wait();
    while (site.server().connections() != 0) sleep(1s);
  });
}

}  // namespace
}  // namespace loquat::http
