// 06_json_api.cc - chapter 6: a JSON API. Its jobs take long, so they run in a pool of four workers, on threads.
//
//   build/release/bin/example_06_json_api 127.0.0.1:8080
//   curl -d 40 http://127.0.0.1:8080/jobs        {"id": 1}
//   curl http://127.0.0.1:8080/jobs/1            {"id": 1, "result": 102334155}
//   curl http://127.0.0.1:8080/jobs/2            {"error": "no such job"}
#include <iostream>
#include <map>
#include <string>

#include "loquat/group.h"
#include "loquat/http.h"
#include "loquat/run.h"

long fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

int main(int, char** argv) {
  const auto where = loquat::parse_host_port(argv[1]);
  std::map<std::string, std::string> results;  // "null" while the job runs
  loquat::Pool workers(4);
  const auto handle = [&](loquat::http::Request& request, loquat::http::Response& response) {
    const std::string path(request.path()), json = "application/json";
    response.content_type(json);
    if (request.method() == "POST" && path == "/jobs") {
      const int n = std::stoi("0" + std::string(request.body())) % 46;
      const std::string id = std::to_string(results.size() + 1);
      const auto work = [&, id, n] { results[id] = std::to_string(loquat::offload([n] { return fibonacci(n); })); };
      if (!workers.try_spawn(work)) throw loquat::http::Error(503, "{\"error\": \"busy\"}\n").content_type(json);
      results[id] = "null";
      response.send("{\"id\": " + id + "}\n");
    } else if (path.starts_with("/jobs/") && results.contains(path.substr(6))) {
      response.send("{\"id\": " + path.substr(6) + ", \"result\": " + results[path.substr(6)] + "}\n");
    } else {
      throw loquat::http::Error(404, "{\"error\": \"no such job\"}\n").content_type(json);
    }
  };
  loquat::run([&] {
    auto server = loquat::create_server({where.host, where.port});
    std::cout << "listening on http://" << server.getsockname().str() << "/" << std::endl;
    loquat::http::serve(std::move(server), handle);
  });
}
