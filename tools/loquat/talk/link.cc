#include "link.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>

#include "../listen_address.h"
#include "peer.h"

namespace loquat::tool {

using namespace std::chrono_literals;

namespace {

constexpr Duration calling = 10s;
constexpr int waiting_callers = 16;

std::string name_of(const Socket& socket) try {
  if (socket.family() != AF_UNIX) return socket.getpeername().str();
  ucred peer{};
  const std::string data = socket.getsockopt(SOL_SOCKET, SO_PEERCRED, sizeof(peer));
  std::copy_n(data.data(), std::min(data.size(), sizeof(peer)), reinterpret_cast<char*>(&peer));
  return fmt::format("process {}", peer.pid);
} catch (const OSError&) {
  return "somebody";  // who has reset the connection already
}

Link link(Socket socket, std::string who) { return {std::make_unique<Socket>(std::move(socket)), std::move(who)}; }

Socket secure(Socket socket, const LinkOptions& options, const std::string& host) {
  return options.tls == nullptr ? std::move(socket) : options.tls->wrap(std::move(socket), host, options.whole);
}

// The first address of UDP. IPv4 where there is a choice: that is what ":PORT" listens on.
Socket call_datagrams(const HostPort& target) {
  auto found = getaddrinfo(target.host, target.port, AF_UNSPEC, SOCK_DGRAM);
  std::stable_partition(found.begin(), found.end(), [](const AddressInfo& info) { return info.family == AF_INET; });
  Socket socket(found.front().family, SOCK_DGRAM);
  socket.connect(found.front().address);
  return socket;
}

Socket call_stream(const HostPort& target) {
  if (target.unix_path.empty()) {
    Socket socket = create_connection(target.host, target.port, calling);
    socket.settimeout({});
    return socket;
  }
  Socket socket(AF_UNIX);
  socket.connect(Address::unix_path(target.unix_path));
  return socket;
}

class StreamCallers final : public Callers {
 public:
  StreamCallers(const Address& address, const LinkOptions& options, std::function<void(const std::string&)> complain)
      : options_(options), complain_(std::move(complain)), server_(create_server(address, waiting_callers)) {
    if (address.family() == AF_UNIX && !address.host().starts_with('\0')) path_ = address.host();
  }
  ~StreamCallers() override { close(); }

  Link next() override {
    for (;;) {
      Socket socket = server_.accept();
      std::string who = name_of(socket);
      try {
        socket = secure(std::move(socket), options_, "");
        return link(std::move(socket), std::move(who));
      } catch (const OSError& e) {
        complain_(fmt::format("{} connected, but: {}", who, e.what()));
      }
    }
  }
  void close() noexcept override {
    if (!path_.empty() && !server_.closed()) ::unlink(path_.c_str());
    server_.close();
  }
  Address address() const override { return server_.getsockname(); }

 private:
  const LinkOptions options_;
  const std::function<void(const std::string&)> complain_;
  Socket server_;
  std::string path_;
};

// One socket, connected with the present caller.
class DatagramCallers final : public Callers {
 public:
  explicit DatagramCallers(const Address& address) : server_(address.family(), SOCK_DGRAM) {
    server_.bind(address);
    if (address.port() != 0) return;
    const Address bound = server_.getsockname();
    disconnect();  // gives up a port that the kernel chose, and none that we did
    server_.bind(bound);
  }

  Link next() override {
    disconnect();
    for (;;) {
      try {
        const Message first = server_.recvfrom(16, MSG_PEEK);
        if (!first.data.empty() && first.data != goodbye_word && first.data != std::string(goodbye_word) + "\n") {
          server_.connect(first.address);
          Socket socket = server_.dup();
          std::string who = name_of(socket);
          return link(std::move(socket), std::move(who));
        }
        server_.recvfrom(0);  // the end of a talk that is over here
      } catch (const ConnectionRefusedError&) {
        // The last caller did not wait for our last word.
      }
    }
  }
  void close() noexcept override { server_.close(); }
  Address address() const override { return server_.getsockname(); }

 private:
  void disconnect() {
    const sockaddr nobody{AF_UNSPEC, {}};
    server_.connect(Address(&nobody, sizeof(nobody)));
  }

  Socket server_;
};

}  // namespace

Link call(const std::string& where, const LinkOptions& options) try {
  const HostPort target = parse_host_port(where);
  Socket socket = options.datagrams ? call_datagrams(target) : call_stream(target);
  std::string who = name_of(socket);
  return link(secure(std::move(socket), options, target.host), std::move(who));
} catch (const gaierror& e) {
  throw std::runtime_error(e.what());
} catch (const SSLError& e) {
  throw std::runtime_error(e.what());
} catch (const OSError& e) {
  const bool nobody = e.errc() == ECONNREFUSED || e.errc() == ENOENT;
  throw std::runtime_error(
      fmt::format("cannot connect to {}: {}{}", where, e.code().message(),
                  nobody ? "; nothing is listening there (start one with loquat talk --listen ADDR)" : ""));
}

std::unique_ptr<Callers> listen(const std::string& where, const LinkOptions& options,
                                std::function<void(const std::string&)> complain) try {
  const Address address = listen_address(where);
  if (options.datagrams) return std::make_unique<DatagramCallers>(address);
  return std::make_unique<StreamCallers>(address, options, std::move(complain));
} catch (const OSError& e) {
  throw cannot_listen(where, e);
}

}  // namespace loquat::tool
