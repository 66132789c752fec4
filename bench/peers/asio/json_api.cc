// json_api.cc - examples/06_json_api.cc in Asio's coroutines and Beast. Its jobs take long, so they run in a pool of
// four threads.
#include <utility>  // before Asio, whose 1.74 forgets it

#include <boost/asio.hpp>
#include <boost/beast.hpp>
#include <chrono>
#include <iostream>
#include <map>
#include <string>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

long fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

struct Api {
  asio::thread_pool workers{4};
  int busy = 0;
  std::map<std::string, std::string> results;  // "null" while the job runs
};

asio::awaitable<void> work(Api& api, std::string id, int n) {
  const auto compute = [n]() -> asio::awaitable<long> { co_return fibonacci(n); };
  api.results[id] = std::to_string(co_await asio::co_spawn(api.workers, compute, asio::use_awaitable));
  --api.busy;
}

Response handle(const Request& request, Api& api, const tcp::socket::executor_type& executor) {
  const auto reply = [&](http::status status, std::string text) {
    Response response(status, request.version(), std::move(text));
    response.set(http::field::content_type, "application/json");
    response.keep_alive(request.keep_alive());
    response.prepare_payload();
    return response;
  };
  const std::string path(request.target());
  if (request.method() == http::verb::post && path == "/jobs") {
    const int n = std::stoi("0" + request.body()) % 46;
    if (api.busy == 4) return reply(http::status::service_unavailable, "all workers are busy\n");
    const std::string id = std::to_string(api.results.size() + 1);
    ++api.busy;
    api.results[id] = "null";
    asio::co_spawn(executor, work(api, id, n), asio::detached);
    return reply(http::status::ok, "{\"id\": " + id + "}\n");
  }
  if (path.starts_with("/jobs/") && api.results.contains(path.substr(6)))
    return reply(http::status::ok,
                 "{\"id\": " + path.substr(6) + ", \"result\": " + api.results[path.substr(6)] + "}\n");
  return reply(http::status::not_found, "");
}

asio::awaitable<void> session(tcp::socket socket, Api& api) try {
  beast::tcp_stream stream(std::move(socket));
  beast::flat_buffer buffer;
  for (bool keep_alive = true; keep_alive;) {
    Request request;
    stream.expires_after(std::chrono::seconds(60));
    co_await http::async_read(stream, buffer, request, asio::use_awaitable);
    Response response = handle(request, api, stream.socket().get_executor());
    keep_alive = response.keep_alive();
    co_await http::async_write(stream, response, asio::use_awaitable);
  }
  stream.socket().shutdown(tcp::socket::shutdown_send);
} catch (const std::exception&) {  // the client has gone, was silent, or sent what is no request
}

asio::awaitable<void> serve(tcp::acceptor& acceptor, Api& api) {
  for (;;) {
    auto socket = co_await acceptor.async_accept(asio::use_awaitable);
    asio::co_spawn(acceptor.get_executor(), session(std::move(socket), api), asio::detached);
  }
}

int main(int, char** argv) {
  const std::string where = argv[1];
  const auto colon = where.rfind(':');
  const tcp::endpoint endpoint(asio::ip::make_address(where.substr(0, colon)),
                               static_cast<std::uint16_t>(std::stoi(where.substr(colon + 1))));
  asio::io_context context(1);
  Api api;
  tcp::acceptor acceptor(context, endpoint);
  std::cout << "listening on http://" << acceptor.local_endpoint() << "/" << std::endl;
  asio::co_spawn(context, serve(acceptor, api), asio::detached);
  context.run();
}
