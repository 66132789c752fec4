// Lookups while the name service does not answer, and calls that need a pool thread while the pool is busy.
#include <fcntl.h>
#include <netdb.h>
#include <sys/mman.h>

#include <filesystem>
#include <memory>
#include <stdexcept>

#include "loquat/file.h"
#include "loquat/names.h"
#include "loquat/run.h"
#include "loquat/socket.h"
#include "tests/heartbeat.h"
#include "tests/hostile.h"

namespace loquat::heartbeat {
namespace {

using namespace std::chrono_literals;
using hostile::Fd;

struct Name {
  const char* name;
  std::string ends;
  std::function<void()> call;
};

// Each needs the name service. It knows only localhost.
const Name names[] = {
    {"getaddrinfo", "gaierror", [] { getaddrinfo("no.test", 80); }},
    {"getaddrinfo_almost_a_literal", "gaierror", [] { getaddrinfo("10.0.0.256", 80); }},
    {"getaddrinfo_five_numbers", "gaierror", [] { getaddrinfo("1.2.3.4.5", 80); }},
    {"getaddrinfo_with_a_port", "gaierror", [] { getaddrinfo("no.test:80", 80); }},
    {"getaddrinfo_localhost", "done", [] { getaddrinfo("localhost", 80); }},
    {"create_connection", "gaierror", [] { create_connection("no.test", 80); }},
    {"create_connection_almost_a_literal", "gaierror", [] { create_connection("10.0.0.256", 80); }},
    {"create_connection_with_a_port", "gaierror", [] { create_connection("host:80", 80); }},
    {"gethostbyname", "gaierror", [] { gethostbyname("no.test"); }},
    {"gethostbyname_almost_a_literal", "gaierror", [] { gethostbyname("1.2.3.4.5"); }},
    {"gethostbyname_ex", "done", [] { gethostbyname_ex("localhost"); }},
    {"gethostbyaddr", "done", [] { gethostbyaddr("127.0.0.1"); }},
    {"gethostbyaddr_of_a_name", "gaierror", [] { gethostbyaddr("no.test"); }},
    {"getfqdn", "done", [] { getfqdn("no.test"); }},
    {"getfqdn_of_this_machine", "done", [] { getfqdn(); }},
    {"getnameinfo", "done",
     [] {
       getnameinfo({"127.0.0.1", 80});
     }},
    {"getservbyname", "ENOENT", [] { getservbyname("no such service"); }},
    {"getservbyport", "ENOENT", [] { getservbyport(1); }},
    {"getprotobyname", "ENOENT", [] { getprotobyname("no such protocol"); }},
};

// Needs no name service.
const Name literals[] = {
    {"getaddrinfo_literal", "done", [] { getaddrinfo("127.0.0.1", 80); }},
    {"getaddrinfo_literal_6", "done", [] { getaddrinfo("::1", 80); }},
    {"getaddrinfo_nobody", "done", [] { getaddrinfo("", 80); }},
    {"getnameinfo_numeric", "done",
     [] {
       getnameinfo({"127.0.0.1", 80}, NI_NUMERICHOST | NI_NUMERICSERV);
     }},
    {"gethostname", "done", [] { gethostname(); }},
    {"create_connection_literal", "done",
     [] {
       auto server = create_server({"127.0.0.1", 0});
       create_connection("127.0.0.1", server.getsockname().port(), 1h);
     }},
    {"if_nameindex", "done", [] { if_nametoindex(if_nameindex().front().second); }},
};

// While this object lives, the name service does not answer.
struct Silence {
  Silence() { hostile::name_service().shut(); }
  ~Silence() { hostile::name_service().open(); }
};

Scene silent(const Name& name, const std::string& ends, const std::function<void(Hold&)>& let_go) {
  auto silence = std::make_shared<Silence>();
  const auto call = [silence, &name] {
    name.call();
    return std::string("done");
  };
  return {call, let_go, ends, [] { hostile::name_service().open(); }};
}

void add_silent_service(Cases& cases) {
  for (const Name& name : names) {
    cases.push_back({"silent_name_service_answers", name.name, [&name] {
                       // /etc/services may or may not have port 1.
                       const std::string ends = name.ends == "ENOENT" ? "ENOENT|done" : name.ends;
                       return silent(name, ends, [](Hold&) { hostile::name_service().open(); });
                     }});
    cases.push_back({"silent_name_service_cancelled", name.name,
                     [&name] { return silent(name, "Cancelled", [](Hold& hold) { hold.cancel(); }); }, Waits::yes,
                     false});
  }
  for (const Name& name : literals) {
    cases.push_back({"silent_name_service_not_asked", name.name,
                     [&name] { return silent(name, name.ends, [](Hold&) {}); }, Waits::no});
  }
  static const Name timed{"create_connection", "ETIMEDOUT", [] { create_connection("no.test", 80, 30ms); }};
  static const Name almost{"create_connection_almost_a_literal", "ETIMEDOUT",
                           [] { create_connection("10.0.0.256", 80, 30ms); }};
  for (const Name* name : {&timed, &almost}) {
    cases.push_back({"silent_name_service_timeout", name->name,
                     [name] { return silent(*name, name->ends, [](Hold&) {}); }, Waits::no});
  }
}

// --- a busy pool -----------------------------------------------------------------------------------------------------

// More fibers with jobs on the pool than it has threads. The jobs end when the gate opens.
struct Busy {
  static constexpr int jobs = 100;
  Busy() {
    gate.shut();
    for (int i = 0; i < jobs; ++i) fibers.push_back(spawn([this] { offload([this] { gate.pass(); }); }));
    sleep(0ms);
  }
  ~Busy() { gate.open(); }
  hostile::Gate gate;
  std::vector<Fiber<>> fibers;
};

Scene busy(const std::string& ends, const std::function<void()>& body,
           const std::function<void(Busy&, Hold&)>& let_go) {
  auto state = std::make_shared<Busy>();
  const auto call = [state, body] {
    body();
    return std::string("done");
  };
  return {call, [state, let_go](Hold& hold) { let_go(*state, hold); }, ends, [state] { state->gate.open(); }};
}

Fd file_on_disk() {
  Fd fd(::open(std::filesystem::temp_directory_path().c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC, 0600));
  if (::write(fd, "hello", 5) != 5 || ::lseek(fd, 0, SEEK_SET) != 0)
    throw std::runtime_error("cannot write a temporary file");
  return fd;
}

void add_busy_pool(Cases& cases) {
  // These need the pool, which is free once the hostile side releases its jobs.
  static const Name jobs[] = {
      {"offload", "done", [] { offload([] {}); }},
      {"File::read_disk", "done",
       [] {
         const Fd fd = file_on_disk();
         File(fd).read(5);
       }},
      {"File::write_disk", "done",
       [] {
         const Fd fd = file_on_disk();
         File(fd).write("hello");
       }},
      {"sendfile", "done",
       [] {
         const Fd fd = file_on_disk();
         auto [a, b] = socketpair();
         a.sendfile(fd);
       }},
  };
  for (const Name& job : jobs) {
    cases.push_back({"busy_pool", job.name,
                     [&job] { return busy("done", job.call, [](Busy& b, Hold&) { b.gate.open(); }); }, Waits::maybe,
                     false});
  }
  // Lookups meanwhile delay only their own fiber.
  for (const Name& name : names) {
    cases.push_back({"busy_pool_names", name.name,
                     [&name] {
                       return busy(name.ends == "ENOENT" ? "ENOENT|done" : name.ends, name.call,
                                   [](Busy& b, Hold&) { b.gate.open(); });
                     },
                     Waits::no, false});
  }
}

// Conversely, more lookups than the pool has threads do not delay jobs.
void add_busy_lookups(Cases& cases) {
  struct Lookups : Silence {
    Lookups() {
      for (int i = 0; i < 100; ++i) {
        fibers.push_back(spawn([] {
          try {
            getaddrinfo("no.test", 80);
          } catch (const gaierror&) {
          }
        }));
      }
      sleep(0ms);
    }
    std::vector<Fiber<>> fibers;
  };
  static const Name jobs[] = {
      {"offload", "done", [] { offload([] {}); }},
      {"File::read_disk", "done",
       [] {
         const Fd fd = file_on_disk();
         File(fd).read(5);
       }},
      {"getaddrinfo_literal", "done", [] { getaddrinfo("127.0.0.1", 80); }},
  };
  for (const Name& job : jobs) {
    cases.push_back({"hundred_silent_lookups", job.name,
                     [&job] {
                       auto lookups = std::make_shared<Lookups>();
                       const auto call = [lookups, &job] {
                         job.call();
                         return std::string("done");
                       };
                       return Scene{call, [](Hold&) { hostile::name_service().open(); }, "done"};
                     },
                     Waits::no, false});
  }
}

}  // namespace

void add_names(Cases& cases) {
  add_silent_service(cases);
  add_busy_pool(cases);
  add_busy_lookups(cases);
}

}  // namespace loquat::heartbeat
