// What /wire answers, to whom, and what it refuses. Labs themselves are in live_test.cc.
#include "microscope/routes.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "http/http_test_client.h"
#include "microscope/own_connection.h"

namespace loquat::microscope {
namespace {

using http::Client;
using http::Site;
using nlohmann::json;
using namespace std::chrono_literals;

constexpr std::string_view closing =
    "# Closing\nteaches: four segments\nrfc: RFC 9293 s.3.6\ngroup: close\n\nFirst.\n---\n"
    "# 关闭\nteaches: 四个报文段\n\n第一。\n";
constexpr EmbeddedFile files[] = {
    {"/README.md", "text/markdown", "not served", {}, "1"},
    {"/recordings/close.jsonl", "application/x-ndjson", "{\"type\":\"begin\"}\n", {}, "2"},
    {"/scenarios/close.md", "text/markdown", closing, {}, "3"},
    {"/scenarios/close3.md", "text/markdown", closing, {}, "4"},
};

// As the web door does it.
http::Handler handler(Routes& routes) {
  return [&routes](http::Request& request, http::Response& response) {
    if (!routes.serve(request, response)) throw http::Error(404);
  };
}

http::Answer post(const Site& site, const std::string& path, const std::string& body) {
  return site.connect().ask(
      "POST " + path + " HTTP/1.1\r\nHost: here\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

json get_json(Client client, const std::string& path, int status = 200) {
  const http::Answer answer = client.get(path);
  EXPECT_EQ(answer.status, status) << path << ": " << answer.body;
  EXPECT_EQ(answer["Content-Type"], "application/json");
  EXPECT_EQ(answer["X-Content-Type-Options"], "nosniff");
  return json::parse(answer.body);
}

TEST(Routes, ScenariosAndTheirTexts) {
  http::simulated([] {
    Routes routes(files, {});
    Site site(handler(routes));
    const json list = get_json(site.connect(), "/wire/scenarios");
    EXPECT_EQ(list["labs"], false);
    EXPECT_EQ(list["groups"].size(), wire::scenario_groups().size());
    EXPECT_EQ(list["scenarios"][0]["name"], "close");
    EXPECT_EQ(list["scenarios"][0]["teaches_zh"], "四个报文段");
    EXPECT_EQ(list["scenarios"][0]["recording"], true);
    EXPECT_EQ(list["scenarios"][1]["recording"], false);
    const json one = get_json(site.connect(), "/wire/scenarios/close");
    EXPECT_EQ(one["title"], "Closing");
    EXPECT_EQ(one["text"], "First.");
    EXPECT_EQ(one["text_zh"], "第一。");
    get_json(site.connect(), "/wire/scenarios/none", 404);
    get_json(site.connect(), "/wire/scenarios/../close", 404);
  });
}

TEST(Routes, ListSaysWhetherTheVisitorMayStartLabs) {
  http::simulated([] {
    RoutesOptions options;
    options.trusts = [](const http::Request& request) { return request.header("Authorization") == "Bearer key"; };
    Routes routes(files, options);
    Site site(handler(routes));
    EXPECT_EQ(get_json(site.connect(), "/wire/scenarios")["labs"], false);
    const http::Answer answer =
        site.connect().ask("GET /wire/scenarios HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer key\r\n\r\n");
    EXPECT_EQ(json::parse(answer.body)["labs"], true);
  });
}

TEST(Routes, ScenariosAreCompressedAndCached) {
  http::simulated([] {
    RoutesOptions options;
    options.trusts = [](const http::Request& request) { return request.has_header("Authorization"); };
    Routes routes(files, options);
    Site site(handler(routes));
    const auto ask = [&](const std::string& path, const std::string& fields) {
      return site.connect().ask("GET " + path + " HTTP/1.1\r\nHost: here\r\n" + fields + "\r\n");
    };
    for (const char* path : {"/wire/scenarios", "/wire/scenarios/close"}) {
      const http::Answer plain = ask(path, ""), packed = ask(path, "Accept-Encoding: gzip\r\n");
      EXPECT_EQ(packed["Content-Encoding"], "gzip");
      EXPECT_TRUE(packed.body.starts_with("\x1f\x8b"));
      EXPECT_LT(packed.body.size(), plain.body.size());
      EXPECT_EQ(plain["Cache-Control"], "no-cache") << "asked again each time";
      EXPECT_EQ(plain["Vary"], "Accept-Encoding");
      EXPECT_EQ(ask(path, "If-None-Match: " + plain["ETag"] + "\r\n").status, 304);
      EXPECT_EQ(ask(path, "Accept-Encoding: gzip\r\nIf-None-Match: " + packed["ETag"] + "\r\n").status, 304);
    }
    const std::string others = ask("/wire/scenarios", "Authorization: x\r\n")["ETag"];
    EXPECT_EQ(ask("/wire/scenarios", "If-None-Match: " + others + "\r\n").status, 200);
  });
}

TEST(Routes, RecordingsArePublic) {
  http::simulated([] {
    Routes routes(files, {});
    Site site(handler(routes));
    const http::Answer answer = site.connect().get("/wire/recordings/close.jsonl");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "{\"type\":\"begin\"}\n");
    EXPECT_EQ(answer["ETag"], "\"2\"");
    EXPECT_EQ(answer["Content-Security-Policy"], "default-src 'none'; frame-ancestors 'none'; base-uri 'none'");
    get_json(site.connect(), "/wire/scenarios/close.md", 404);
    for (const char* path : {"/wire/recordings/none.jsonl", "/wire/recordings/", "/wire/README.md", "/wire/nothing",
                             "/wire//recordings/close.jsonl"}) {
      EXPECT_EQ(site.connect().get(path).status, 404) << path;
    }
  });
}

TEST(Routes, WireRedirectsToTheFolder) {
  http::simulated([] {
    Routes routes(files, {});
    Site site(handler(routes));
    const http::Answer answer = site.connect().get("/wire");
    EXPECT_EQ(answer.status, 308);
    EXPECT_EQ(answer["Location"], "/wire/");
  });
}

TEST(Routes, OnlyReadingIsServed) {
  http::simulated([] {
    Routes routes(files, {});
    Site site(handler(routes));
    for (const char* path : {"/wire", "/wire/scenarios", "/wire/me", "/wire/recordings/close.jsonl", "/wire/nothing"}) {
      EXPECT_EQ(post(site, path, "").status, 404) << path;  // as the web door has it: 405
    }
  });
}

TEST(Routes, FrameIsDissected) {
  http::simulated([] {
    Routes routes(files, {});
    Site site(handler(routes));
    const http::Answer answer =
        post(site, "/wire/layers", R"({"bytes":"ffffffffffff0200000000010806000108000604000102000000000a","link":1})");
    EXPECT_EQ(answer.status, 200);
    const json told = json::parse(answer.body);
    EXPECT_EQ(told["layers"][0]["name"], "Ethernet");
    EXPECT_EQ(told["layers"][1]["name"], "ARP");
    EXPECT_EQ(told["osi"].size(), 7u);
    EXPECT_EQ(told["captured"], 28);
    EXPECT_EQ(post(site, "/wire/layers", R"({"bytes":""})").status, 200);
    EXPECT_EQ(site.connect().get("/wire/layers").status, 405);
  });
}

TEST(Routes, InvalidFrameIsRefused) {
  http::simulated([] {
    Routes routes(files, {});
    Site site(handler(routes));
    const std::string long_frame = "{\"bytes\":\"" + std::string(2 * (64 * 1024 + 1), '0') + "\"}";
    const std::string deep = "{\"bytes\":\"00\",\"x\":" + std::string(100'000, '[');
    for (const std::string& body :
         {std::string(), std::string("null"), std::string("[]"), std::string(R"({"bytes":"0"})"),
          std::string(R"({"bytes":"0g"})"), std::string(R"({"bytes":1})"), std::string(R"({"bytes":"00","link":-1})"),
          std::string(R"({"bytes":"00","link":65536})"), std::string(R"({"bytes":"00","link":"1"})"), long_frame,
          deep}) {
      EXPECT_EQ(post(site, "/wire/layers", body).status, 400) << body.substr(0, 60);
    }
    EXPECT_EQ(site.connect().ask("POST /wire/layers HTTP/1.1\r\nHost: here\r\nContent-Length: 2000000\r\n\r\n").status,
              413);
  });
}

TEST(Routes, SimulatedConnectionHasNoFacts) {
  http::simulated([] {
    Routes routes(files, {});
    Site site(handler(routes));
    get_json(site.connect(), "/wire/me", 409);
  });
}

TEST(Routes, FactsThatCameTooLateAreLeftOut) {
  loquat::run([] {
    Socket listener = create_server({"127.0.0.1", 0});
    Socket client(AF_INET);
    client.connect(listener.getsockname());
    const Socket server = listener.accept();
    KnownConnections known(1);
    EXPECT_FALSE(known.describe(server));
    client.sendall("x");
    Socket answering = server.dup();
    answering.sendall("y");
    known.observe(server);
    EXPECT_EQ(known.describe(server)->find("handshake_rtt"), std::string::npos);
    known.observe(client);  // there is room for one
    EXPECT_TRUE(known.describe(client));
    EXPECT_FALSE(known.describe(server));
  });
}

TEST(Routes, VisitorsOwnConnection) {
  loquat::run([] {
    Routes routes(files, {});
    Socket listener = create_server({"127.0.0.1", 0});
    keep_syns(listener);
    const Address address = listener.getsockname();
    http::Server server([&](http::Request& request, http::Response& response) {
      if (!routes.serve(request, response)) response.send("something else");
    });
    auto serving = spawn([&] { server.serve(listener); });
    {
      Client client(address);
      const std::string port = std::to_string(client.socket().getsockname().port());
      for (int round = 0; round < 2; ++round) {  // the kernel gives the SYN once, we each time
        const json told = json::parse(client.get("/wire/me").body);
        EXPECT_EQ(told["remote"], "127.0.0.1:" + port);
        EXPECT_EQ(told["segments"][0]["source"], "captured");
        EXPECT_EQ(told["segments"][0]["flags"], json::array({"SYN"}));
        EXPECT_EQ(told["segments"][1]["source"], "inferred");
        EXPECT_EQ(told["state"]["server"]["state"], "ESTABLISHED");
        EXPECT_EQ(told["passed_on"], false);
        EXPECT_NE(told.dump().find("handshake_rtt"), std::string::npos);
      }
      const std::string passed = "GET /wire/me HTTP/1.1\r\nHost: here\r\nVia: 1.1 proxy\r\n\r\n";
      EXPECT_EQ(json::parse(client.ask(passed).body)["passed_on"], true);
    }
    {
      Client client(address);
      client.get("/wire/");  // the page: the first request of a visitor
      EXPECT_NE(client.get("/wire/me").body.find("handshake_rtt"), std::string::npos);
    }
    server.stop();
    serving.join();
    EXPECT_TRUE(server.wait_stopped(60s));
  });
}

TEST(Routes, TextWithAMistakeThrows) {
  constexpr EmbeddedFile wrong[] = {{"/scenarios/x.md", "text/markdown", "hello", {}, "1"}};
  EXPECT_THROW(Routes(wrong, {}), std::invalid_argument);
}

TEST(Routes, LabsNeedAWebSocketOfTheSameOrigin) {
  http::simulated([] {
    Routes routes(files, {});
    Site site(handler(routes));
    EXPECT_EQ(site.connect().get("/wire/live").status, 426);
    const std::string request =
        "GET /wire/live HTTP/1.1\r\nHost: here:80\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: ";
    for (const char* origin : {"http://evil.example", "null", "http://here:81", "http://here.evil.example:80"}) {
      EXPECT_EQ(site.connect().ask(request + origin + "\r\n\r\n").status, 403) << origin;
    }
    Client client = site.connect();
    client.send(request + "http://here:80\r\n\r\n");
    while (client.pending().find("\r\n\r\n") == std::string::npos && client.more()) {
    }
    EXPECT_TRUE(client.pending().starts_with("HTTP/1.1 101 "));
  });
}

}  // namespace
}  // namespace loquat::microscope
