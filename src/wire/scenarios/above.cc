// Above TCP and beside it: UDP, DNS, HTTP.
#include <cerrno>
#include <chrono>
#include <string>

#include "wire/lab/datagram_program.h"
#include "wire/scenarios/scenario.h"
#include "wire/scenarios/small_dns.h"
#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

using std::chrono::milliseconds;

void udp(Lab& lab, Story& story) {
  lab.without_tcp();
  DatagramProgram server(lab, Side::server), client(lab, Side::client);
  client.connect(lab.addresses().server);
  client.send("hello", texts::says_hello);
  const std::string question = server.recv();
  if (server.error() == 0) server.send(question + " yourself", texts::says_answer);
  const std::string answer = client.recv();
  client.close();
  server.close();
  lab.settle();
  story.check(answer == "hello yourself", "the answer arrives");
  story.check(story.frames().size() == 2 && story.count("udp all") == 2, "two datagrams and nothing else");
  lab.conclude(texts::udp_conclusion);
}

void udp_closed(Lab& lab, Story& story) {
  lab.without_tcp();
  DatagramProgram client(lab, Side::client);
  client.connect(lab.addresses().server);
  const int sent = client.send("hello", texts::says_hello);
  client.recv();
  const int received = client.error();
  client.close();
  lab.settle();
  story.check(sent == 0 && received == ECONNREFUSED, "send() succeeds, and the next call fails with ECONNREFUSED");
  story.check(story.count("s>c icmp") == 1, "the server's kernel reports by ICMP");
  lab.conclude(texts::udp_closed_conclusion);
}

void dns(Lab& lab, Story& story) {
  constexpr std::string_view name = "server.lab.test";
  constexpr std::uint16_t id = 0x2a17;
  lab.without_tcp();
  DatagramProgram resolver(lab, Side::server), client(lab, Side::client);
  client.connect(lab.addresses().server);
  client.send(dns_query(id, name), texts::asks_for_address);
  const std::string query = resolver.recv();
  if (resolver.error() == 0) resolver.send(dns_answer(query, name, {10, 0, 0, 2}), texts::says_address);
  const std::string answer = client.recv();
  client.close();
  resolver.close();
  lab.settle();
  story.check(address_in_answer(answer, id) == "10.0.0.2", "the answer has the address");
  story.check(story.frames().size() == 2, "one datagram there, one back");
  lab.conclude(texts::dns_conclusion);
}

// What stands before the blank line that ends an HTTP head.
std::string read_head(Program& from) {
  std::string head;
  while (head.find("\r\n\r\n") == head.npos) {
    const std::string more = from.recv(4096);
    if (more.empty()) break;
    head += more;
  }
  return head;
}

void http(Lab& lab, Story& story) {
  const std::string body = "<p>Hello from 10.0.0.2</p>\n";
  auto [server, client, peer] = lab.converse();
  client.sendall("GET / HTTP/1.1\r\nHost: server.lab.test\r\nConnection: close\r\n\r\n");
  const std::string request = read_head(peer);
  peer.sendall("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: " +
               std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body);
  peer.close();
  std::string response, more;
  while (!(more = client.recv(4096)).empty()) response += more;
  client.close();
  lab.settle(milliseconds(60));
  story.check(request.starts_with("GET / HTTP/1.1\r\n"), "the server reads the request");
  story.check(response.ends_with("\r\n\r\n" + body), "the client reads the response to its end");
  story.check(story.count("data all") == 2, "one segment with the request, one with the response");
  story.check(lab.states() == States{State::closed, State::time_wait}, "the server closed first and is in TIME-WAIT");
  lab.conclude(texts::http_conclusion);
}

}  // namespace

std::vector<Scenario> above_scenarios() {
  return {{"udp", udp, {}, 7}, {"udp-closed", udp_closed, {}, 7}, {"dns", dns, {}, 53}, {"http", http}};
}

}  // namespace loquat::wire
