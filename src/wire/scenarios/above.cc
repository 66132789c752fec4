// Above TCP and beside it: UDP, DNS, HTTP.
#include <cerrno>
#include <chrono>
#include <string>

#include "wire/lab/datagram_program.h"
#include "wire/scenarios/scenario.h"
#include "wire/scenarios/small_dns.h"

namespace loquat::wire {
namespace {

using std::chrono::milliseconds;

void udp(Lab& lab, Story& story) {
  lab.without_tcp();
  DatagramProgram server(lab, Side::server), client(lab, Side::client);
  client.connect(lab.addresses().server);
  client.send("hello", {"\"hello\"", "“hello”"});
  const std::string question = server.recv();
  if (server.error() == 0) server.send(question + " yourself", {"the answer", "回答"});
  const std::string answer = client.recv();
  client.close();
  server.close();
  lab.settle();
  story.check(answer == "hello yourself", "the answer arrives");
  story.check(story.frames().size() == 2 && story.count("udp all") == 2, "two datagrams and nothing else");
  lab.conclude({"Two datagrams: no connection was made, and none had to be closed.",
                "两个数据报：没有建立连接，也没有什么要关闭。"});
}

void udp_closed(Lab& lab, Story& story) {
  lab.without_tcp();
  DatagramProgram client(lab, Side::client);
  client.connect(lab.addresses().server);
  const int sent = client.send("hello", {"\"hello\"", "“hello”"});
  client.recv();
  const int received = client.error();
  client.close();
  lab.settle();
  story.check(sent == 0 && received == ECONNREFUSED, "send() succeeds, and the next call fails with ECONNREFUSED");
  story.check(story.count("s>c icmp") == 1, "the server's kernel reports by ICMP");
  lab.conclude(
      {"The server's kernel said by ICMP that nobody has this port; the client's program heard of it at its next call.",
       "服务器的内核用 ICMP 说这个端口没有人；客户端的程序在下一次调用时才得知。"});
}

void dns(Lab& lab, Story& story) {
  constexpr std::string_view name = "server.lab.test";
  constexpr std::uint16_t id = 0x2a17;
  lab.without_tcp();
  DatagramProgram resolver(lab, Side::server), client(lab, Side::client);
  client.connect(lab.addresses().server);
  client.send(dns_query(id, name), {"which address has server.lab.test?", "server.lab.test 的地址是什么？"});
  const std::string query = resolver.recv();
  if (resolver.error() == 0)
    resolver.send(dns_answer(query, name, {10, 0, 0, 2}), {"10.0.0.2, for 60 s", "10.0.0.2，有效 60 秒"});
  const std::string answer = client.recv();
  client.close();
  resolver.close();
  lab.settle();
  story.check(address_in_answer(answer, id) == "10.0.0.2", "the answer has the address");
  story.check(story.frames().size() == 2, "one datagram there, one back");
  lab.conclude({"One question, one answer: server.lab.test is 10.0.0.2.", "一问一答：server.lab.test 是 10.0.0.2。"});
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
  lab.conclude({"Request and response take one segment each; everything else was TCP's.",
                "请求和响应各占一个报文段，其余都是 TCP 的工作。"});
}

}  // namespace

std::vector<Scenario> above_scenarios() {
  return {{"udp", udp, {}, 7}, {"udp-closed", udp_closed, {}, 7}, {"dns", dns, {}, 53}, {"http", http}};
}

}  // namespace loquat::wire
