// exchange.cc - requests and answers on connections that stay open: HTTP, and echo.
//
//   bench_load exchange --to HOST:PORT --pid PIDS --kind http|echo --connections 64 --depth 1 --seconds 2
//                       [--path /]
//
// Each connection sends `depth` requests at once and the next so many when all have been answered. The first answer is
// read whole (Content-Length); the others must have its size and its status line.
// Prints "units N seconds S cpu NS bytes SIZE": what was answered in the measured time.
#include <cstdio>
#include <cstring>

#include "load.h"

namespace load {

namespace {

// What Chromium sends for a page, cookies as a site of one's own has them: about 700 bytes.
std::string http_request(const std::string& host, const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: " + host +
         "\r\nConnection: keep-alive\r\nCache-Control: max-age=0\r\n"
         "sec-ch-ua: \"Chromium\";v=\"124\", \"Google Chrome\";v=\"124\", \"Not-A.Brand\";v=\"99\"\r\n"
         "sec-ch-ua-mobile: ?0\r\nsec-ch-ua-platform: \"Linux\"\r\nUpgrade-Insecure-Requests: 1\r\n"
         "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 "
         "Safari/537.36\r\n"
         "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8\r\n"
         "Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-User: ?1\r\nSec-Fetch-Dest: document\r\n"
         "Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: zh-CN,zh;q=0.9,en;q=0.8\r\n\r\n";
}

// The size of the answer at the front of `bytes`, or 0 if more of it is needed.
std::size_t http_answer_size(const std::string& bytes) {
  const auto head = bytes.find("\r\n\r\n");
  if (head == std::string::npos) return 0;
  auto field = bytes.find("Content-Length: ");
  if (field == std::string::npos || field > head) field = bytes.find("content-length: ");
  if (field == std::string::npos || field > head) fail("an answer without Content-Length:\n" + bytes.substr(0, head));
  const std::size_t size = head + 4 + std::stoul(bytes.substr(field + 16));
  return bytes.size() >= size ? size : 0;
}

class Exchange {
 public:
  explicit Exchange(const Arguments& arguments)
      : crowd_(arguments.text("to")),
        http_(arguments.text("kind") == "http"),
        depth_(arguments.number("depth")),
        request_(http_ ? http_request(arguments.text("to"), arguments.text("path", "/")) : std::string(64, 'e')) {
    for (std::size_t i = 0; i < arguments.number("connections"); ++i) crowd_.connect();
    pending_.resize(crowd_.all().size());
    learn_answer();
    for (std::size_t i = 0; i < depth_; ++i) batch_ += request_;
    for (auto& connection : crowd_.all()) send_all(connection, batch_);
  }

  // Goes on for `seconds` and returns the number of answers.
  std::size_t run(double seconds) {
    const double end = now() + seconds;
    const std::size_t before = answers_;
    crowd_.loop([this](Connection& connection, std::string_view bytes) { received(connection, bytes); },
                [end] { return now() >= end; });
    return answers_ - before;
  }

  std::size_t answer_size() const { return answer_size_; }

 private:
  void learn_answer() {
    std::string bytes;
    send_all(crowd_.all()[0], request_);
    crowd_.loop([&](Connection&, std::string_view more) { bytes += more; },
                [&] {
                  answer_size_ = http_ ? http_answer_size(bytes) : bytes.size() / request_.size() * request_.size();
                  return answer_size_ != 0;
                });
    if (http_ && bytes.compare(0, 15, "HTTP/1.1 200 OK") != 0) fail("not 200: " + bytes.substr(0, 200));
    if (bytes.size() != answer_size_) fail("more than one answer to one request");
  }

  void received(Connection& connection, std::string_view bytes) {
    std::size_t& pending = pending_[connection.number];
    if (http_ && pending % answer_size_ == 0 && bytes.substr(0, 12) != "HTTP/1.1 200") {
      fail("an answer of another size or status: " + std::string(bytes.substr(0, 200)));
    }
    answers_ += (pending + bytes.size()) / answer_size_ - pending / answer_size_;
    pending += bytes.size();
    if (pending < answer_size_ * depth_) return;
    if (pending > answer_size_ * depth_) fail("answers of another size");
    pending = 0;
    send_all(connection, batch_);
  }

  Crowd crowd_;
  bool http_;
  std::size_t depth_;
  std::string request_, batch_;
  std::size_t answer_size_ = 0;
  std::size_t answers_ = 0;
  std::vector<std::size_t> pending_;  // bytes of this turn's answers, per connection
};

}  // namespace

void exchange(const Arguments& arguments) {
  Exchange exchange(arguments);
  const std::string pids = arguments.text("pid");
  const double seconds = std::stod(arguments.text("seconds"));
  exchange.run(seconds / 5);

  const double began = now();
  const auto cpu = cpu_ns(pids);
  const std::size_t count = exchange.run(seconds);
  std::printf("units %zu seconds %.6f cpu %llu bytes %zu\n", count, now() - began,
              static_cast<unsigned long long>(cpu_ns(pids) - cpu), exchange.answer_size());
}

}  // namespace load
