#include "microscope/own_connection.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "codec/network/segment.h"
#include "loquat/error.h"

namespace loquat::microscope {
namespace {

using nlohmann::json;

class OwnConnectionTest : public ::testing::TestWithParam<const char*> {
 protected:
  void meet(bool keep = true) {
    listener_ = create_server({GetParam(), 0});
    if (keep) keep_syns(listener_);
    client_ = create_connection(GetParam(), listener_.getsockname().port());
    server_ = listener_.accept();
  }
  Socket listener_, client_, server_;
};

INSTANTIATE_TEST_SUITE_P(Families, OwnConnectionTest, ::testing::Values("127.0.0.1", "::1"),
                         [](const auto& each) { return each.param[0] == ':' ? "v6" : "v4"; });

json fact_named(const json& told, const std::string& id) {
  for (const json& each : told["facts"]) {
    if (each["name"] == id) return each;
  }
  return nullptr;
}

TEST_P(OwnConnectionTest, SynIsTheClients) {
  meet();
  OwnConnection mine(server_);
  auto syn = codec::find_segment(mine.syn(), mine.syn_link());
  ASSERT_TRUE(syn);
  EXPECT_EQ(syn->flags & (codec::tcp::syn | codec::tcp::ack), codec::tcp::syn);
  EXPECT_EQ(syn->source.port, client_.getsockname().port());
  EXPECT_EQ(syn->destination.port, listener_.getsockname().port());
  json told = json::parse(mine.json(&server_));
  EXPECT_EQ(told["segments"].size(), 3U);
  EXPECT_EQ(told["segments"][0]["source"], "captured");
  EXPECT_EQ(told["segments"][0]["seq_raw"], syn->seq);
  EXPECT_EQ(told["segments"][0]["opts"]["mss"], *syn->options.mss);
  EXPECT_EQ(told["segments"][0]["bytes"].get<std::string>().size(), 2 * mine.syn().size());
  EXPECT_EQ(told["segments"][1]["source"], "inferred");
  EXPECT_EQ(told["segments"][2]["source"], "inferred");
}

TEST_P(OwnConnectionTest, MissingSynIsInferred) {
  meet(false);
  OwnConnection mine(server_);
  EXPECT_TRUE(mine.syn().empty());
  json told = json::parse(mine.json(&server_));
  EXPECT_EQ(told["segments"][0]["source"], "inferred");
  EXPECT_EQ(fact_named(told, "syn_kept")["value"], false);
}

TEST_P(OwnConnectionTest, KernelTellsBothEndsOfThisMachine) {
  meet();
  OwnConnection mine(server_);
  client_.sendall("12345");
  EXPECT_EQ(server_.recv(5, MSG_WAITALL), "12345");
  json told = json::parse(mine.json(&server_));
  EXPECT_EQ(told["state"]["server"], (json{{"state", "ESTABLISHED"}, {"source", "kernel"}}));
  EXPECT_EQ(told["state"]["client"], (json{{"state", "ESTABLISHED"}, {"source", "kernel"}}));
  EXPECT_EQ(fact_named(told, "bytes_received")["value"], 5);
  EXPECT_EQ(fact_named(told, "bytes_received")["source"], "reported");
  EXPECT_GT(fact_named(told, "handshake_rtt")["value"], 0);
}

TEST_P(OwnConnectionTest, ClosedConnectionIsFoundByItsEnds) {
  meet();
  OwnConnection mine(server_);
  server_.close();
  json told = json::parse(mine.json(nullptr));
  std::string state = told["state"]["server"]["state"];
  EXPECT_TRUE(state == "FIN-WAIT-1" || state == "FIN-WAIT-2") << state;
  EXPECT_EQ(fact_named(told, "bytes_received"), nullptr);
}

TEST(OwnConnection, NeedsConnectedTcp) {
  auto [one, other] = socketpair();
  EXPECT_THROW(OwnConnection{one}, std::invalid_argument);
  EXPECT_THROW(OwnConnection{Socket(AF_INET)}, OSError);
  keep_syns(one);  // does nothing
}

}  // namespace
}  // namespace loquat::microscope
