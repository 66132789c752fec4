// What /wire answers, to whom, and what it refuses. Labs themselves are in live_test.cc.
#include "wire/web.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "http/http_test_client.h"

namespace loquat::wire {
namespace {

using http::Client;
using http::Site;
using nlohmann::json;

constexpr std::string_view closing =
    "# Closing\nteaches: four segments\nrfc: RFC 9293 s.3.6\ngroup: close\n\nFirst.\n---\n"
    "# 关闭\nteaches: 四个报文段\n\n第一。\n";
constexpr http::StaticFile files[] = {
    {"/README.md", "text/markdown", "not served", {}, "1"},
    {"/recordings/close.jsonl", "application/x-ndjson", "{\"type\":\"begin\"}\n", {}, "2"},
    {"/scenarios/close.md", "text/markdown", closing, {}, "3"},
    {"/scenarios/close3.md", "text/markdown", closing, {}, "4"},
};

json get_json(Client client, const std::string& path, int status = 200) {
  const http::Answer answer = client.get(path);
  EXPECT_EQ(answer.status, status) << path << ": " << answer.body;
  EXPECT_EQ(answer["Content-Type"], "application/json");
  EXPECT_EQ(answer["X-Content-Type-Options"], "nosniff");
  return json::parse(answer.body);
}

TEST(WireWeb, ScenariosAndTheirTexts) {
  http::simulated([] {
    Web web(files, {});
    Site site(web.handler());
    const json list = get_json(site.connect(), "/wire/scenarios");
    EXPECT_EQ(list["labs"], false);
    EXPECT_EQ(list["groups"].size(), scenario_groups().size());
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

TEST(WireWeb, WhoMayStartLabsIsTold) {
  http::simulated([] {
    WebOptions options;
    options.trusts = [](const http::Request& request) { return request.header("Authorization") == "Bearer key"; };
    Web web(files, options);
    Site site(web.handler());
    EXPECT_EQ(get_json(site.connect(), "/wire/scenarios")["labs"], false);
    const http::Answer answer =
        site.connect().ask("GET /wire/scenarios HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer key\r\n\r\n");
    EXPECT_EQ(json::parse(answer.body)["labs"], true);
  });
}

TEST(WireWeb, RecordingsAreForEverybody) {
  http::simulated([] {
    Web web(files, {});
    Site site(web.handler());
    const http::Answer answer = site.connect().get("/wire/recordings/close.jsonl");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "{\"type\":\"begin\"}\n");
    EXPECT_EQ(answer["ETag"], "\"2\"");
    EXPECT_EQ(answer["Content-Security-Policy"], "default-src 'none'; frame-ancestors 'none'; base-uri 'none'");
    for (const char* path : {"/wire/recordings/none.jsonl", "/wire/recordings/", "/wire/README.md", "/wire/nothing",
                             "/wire/scenarios/close.md", "/wire//recordings/close.jsonl"}) {
      get_json(site.connect(), path, 404);
    }
  });
}

TEST(WireWeb, ThePageIsOneStepDown) {
  http::simulated([] {
    Web web(files, {});
    Site site(web.handler());
    const http::Answer answer = site.connect().get("/wire");
    EXPECT_EQ(answer.status, 308);
    EXPECT_EQ(answer["Location"], "/wire/");
  });
}

TEST(WireWeb, NothingIsWritten) {
  http::simulated([] {
    Web web(files, {});
    Site site(web.handler());
    for (const char* path : {"/wire", "/wire/scenarios", "/wire/recordings/close.jsonl", "/wire/nothing"}) {
      const http::Answer answer =
          site.connect().ask("POST " + std::string(path) + " HTTP/1.1\r\nHost: here\r\nContent-Length: 0\r\n\r\n");
      EXPECT_EQ(answer.status, 405) << path;
      EXPECT_EQ(answer["Allow"], "GET, HEAD");
    }
  });
}

TEST(WireWeb, ATextWithAMistakeIsNoServer) {
  constexpr http::StaticFile wrong[] = {{"/scenarios/x.md", "text/markdown", "hello", {}, "1"}};
  EXPECT_THROW(Web(wrong, {}), std::invalid_argument);
}

TEST(WireWeb, LabsNeedAWebSocketOfThisVeryOrigin) {
  http::simulated([] {
    Web web(files, {});
    Site site(web.handler());
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
}  // namespace loquat::wire
