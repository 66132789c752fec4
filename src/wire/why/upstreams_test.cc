#include "wire/why/upstreams.h"

#include <gtest/gtest.h>

#include "wire/why/test_observation.h"

namespace loquat::wire {
namespace {

using namespace why_tests;

std::string line_about(const Upstreams& upstreams, const Observation& of) {
  Verdict verdict = judge(of);
  const std::size_t before = verdict.evidence.size();
  upstreams.explain(of, verdict);
  return verdict.evidence.size() > before ? verdict.evidence.back().text.en : "";
}

Upstreams upstreams_of_8080() {
  kernel::SocketFacts listener;
  listener.local = {"0.0.0.0", 8080};
  return Upstreams({listener});
}

Observation client_of_8080() {
  Observation client = connection(State::established);
  client.first.local = client.last.local = {"10.0.0.1", 8080};
  client.first.remote = client.last.remote = {"10.0.0.3", 50000};
  return client;
}

TEST(Why, AClientsConnectionNamesTheUpstreamThatIsStuck) {
  Upstreams upstreams = upstreams_of_8080();
  Observation client = client_of_8080();
  Observation upstream = connection(State::established);
  upstreams.add(upstream, judge(upstream));
  EXPECT_EQ(line_about(upstreams, client), "") << "that one is idle";
  Observation other_client = client;
  close_window(other_client);
  upstreams.add(other_client, judge(other_client));
  EXPECT_EQ(line_about(upstreams, client), "") << "a client that does not read keeps no other one waiting";
  close_window(upstream);
  upstreams.add(upstream, judge(upstream));
  EXPECT_EQ(
      line_about(upstreams, client),
      "its program server (42) may itself be waiting: its connection to 10.0.0.2:80 is peer-not-reading (likely)");
  EXPECT_EQ(line_about(upstreams, connection(State::established)), "") << "it is another upstream connection";
  client.owners = {{43, "other", 3}};
  EXPECT_EQ(line_about(upstreams, client), "");
}

TEST(Why, AProxyThatReadsNoMoreNamesTheUpstreamThatIsStuck) {
  Upstreams upstreams = upstreams_of_8080();
  Observation client = client_of_8080();
  client.first.recv_queue = client.last.recv_queue = 100000;
  ASSERT_EQ(judge(client).cause, Cause::application_not_reading);
  Observation upstream = connection(State::established);
  close_window(upstream);
  upstreams.add(upstream, judge(upstream));
  EXPECT_NE(line_about(upstreams, client).find("10.0.0.2:80 is peer-not-reading"), std::string::npos);
}

TEST(Why, AClientsConnectionNamesTheUpstreamThatDoesNotAnswer) {
  Upstreams upstreams = upstreams_of_8080();
  Observation client = client_of_8080();  // it asked 20 s ago
  Observation upstream = connection(State::established);
  upstream.last.info->data_segments_out = 1;
  upstream.last.info->last_data_received = seconds(40);
  upstream.last.info->last_data_sent = seconds(30);
  upstreams.add(upstream, judge(upstream));
  EXPECT_EQ(line_about(upstreams, client), "") << "that was sent before";
  upstream.last.info->last_data_sent = seconds(19);
  upstreams.add(upstream, judge(upstream));
  EXPECT_EQ(line_about(upstreams, client),
            "its program server (42) may itself be waiting: it sent to 10.0.0.2:80 19 s ago, and nothing has come back "
            "since");
  client.last.info->data_segments_out = 1;
  client.last.info->last_data_sent = seconds(10);
  EXPECT_EQ(line_about(upstreams, client), "") << "the client has got its answer";
}

}  // namespace
}  // namespace loquat::wire
