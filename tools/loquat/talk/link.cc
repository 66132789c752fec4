#include "link.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>

#include "../listen_address.h"
#include "peer.h"

namespace loquat::tool {

using namespace std::chrono_literals;

namespace {

constexpr Duration connect_timeout = 10s;
constexpr int backlog = 16;

std::string name_of(const Socket& socket) try {
  if (socket.family() != AF_UNIX) return socket.getpeername().str();
  ucred peer{};
  const std::string data = socket.getsockopt(SOL_SOCKET, SO_PEERCRED, sizeof(peer));
  std::copy_n(data.data(), std::min(data.size(), sizeof(peer)), reinterpret_cast<char*>(&peer));
  return fmt::format("process {}", peer.pid);
} catch (const OSError&) {
  return "somebody";  // the connection is reset already
}

Link link(Socket socket, std::string peer_name) {
  return {std::make_unique<Socket>(std::move(socket)), std::move(peer_name)};
}

Socket secure(Socket socket, const LinkOptions& options, const std::string& host) {
  return options.tls == nullptr ? std::move(socket)
                                : options.tls->wrap(std::move(socket), host, options.require_close_notify);
}

// Takes the first address, and prefers IPv4, because ":PORT" listens on IPv4.
Socket call_datagrams(const HostPort& target) {
  auto found = getaddrinfo(target.host, target.port, AF_UNSPEC, SOCK_DGRAM);
  std::stable_partition(found.begin(), found.end(), [](const AddressInfo& info) { return info.family == AF_INET; });
  Socket socket(found.front().family, SOCK_DGRAM);
  socket.connect(found.front().address);
  return socket;
}

Socket call_stream(const HostPort& target) {
  if (target.unix_path.empty()) {
    Socket socket = create_connection(target.host, target.port, connect_timeout);
    socket.settimeout({});
    return socket;
  }
  Socket socket(AF_UNIX);
  socket.connect(Address::unix_path(target.unix_path));
  return socket;
}

class StreamTalkListener final : public TalkListener {
 public:
  StreamTalkListener(const Address& address, const LinkOptions& options, std::function<void(const std::string&)> report)
      : options_(options), report_(std::move(report)), server_(create_server(address, backlog)) {
    if (address.family() == AF_UNIX && !address.host().starts_with('\0')) path_ = address.host();
  }
  ~StreamTalkListener() override { close(); }

  Link accept() override {
    for (;;) {
      Socket socket = server_.accept();
      std::string peer_name = name_of(socket);
      try {
        socket = secure(std::move(socket), options_, "");
        return link(std::move(socket), std::move(peer_name));
      } catch (const OSError& e) {
        report_(fmt::format("{} connected, but: {}", peer_name, e.what()));
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
  const std::function<void(const std::string&)> report_;
  Socket server_;
  std::string path_;
};

// Has one socket, which is connected to the current caller.
class DatagramTalkListener final : public TalkListener {
 public:
  explicit DatagramTalkListener(const Address& address) : server_(address.family(), SOCK_DGRAM) {
    server_.bind(address);
    if (address.port() != 0) return;
    const Address bound = server_.getsockname();
    disconnect();  // releases a port that the kernel has chosen, but not one from bind()
    server_.bind(bound);
  }

  Link accept() override {
    disconnect();
    for (;;) {
      try {
        const Message first = server_.recvfrom(16, MSG_PEEK);
        if (!first.data.empty() && first.data != goodbye_word && first.data != std::string(goodbye_word) + "\n") {
          server_.connect(first.address);
          Socket socket = server_.dup();
          std::string peer_name = name_of(socket);
          return link(std::move(socket), std::move(peer_name));
        }
        server_.recvfrom(0);  // the last datagram of an earlier talk
      } catch (const ConnectionRefusedError&) {
        // The last caller has closed its socket before our last datagram arrived.
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
  std::string peer_name = name_of(socket);
  return link(secure(std::move(socket), options, target.host), std::move(peer_name));
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

std::unique_ptr<TalkListener> listen(const std::string& where, const LinkOptions& options,
                                     std::function<void(const std::string&)> report) try {
  const Address address = listen_address(where);
  if (options.datagrams) return std::make_unique<DatagramTalkListener>(address);
  return std::make_unique<StreamTalkListener>(address, options, std::move(report));
} catch (const OSError& e) {
  throw cannot_listen(where, e);
}

}  // namespace loquat::tool
