// HTTP again, inside TLS 1.3.
#include <openssl/ssl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include "loquat/tls.h"
#include "tls/certificate.h"
#include "wire/scenarios/scenario.h"
#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view secure_name = "server.lab.test";

// Adds the keys of the lab's connection to the story as soon as an end can compute them, before it encrypts with them.
class KeyTeller {
 public:
  explicit KeyTeller(Story& story) : story_(&story) {}
  void listen_to(const SSLContext& context, const char* last, const Text& told) {
    Listening& listening = context_[contexts_++] = {this, last, told, {}};
    SSL_CTX_set_ex_data(context.native(), index(), &listening);
    SSL_CTX_set_keylog_callback(context.native(), &KeyTeller::heard);
  }

 private:
  struct Listening {
    KeyTeller* teller;
    const char* last;  // the label of the last one that is new to a reader
    Text told;
    std::string lines;
  };

  static int index() {
    static const int number = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return number;
  }
  static void heard(const SSL* ssl, const char* line) {
    auto& listening = *static_cast<Listening*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), index()));
    if (listening.last == nullptr) return;
    listening.lines += std::string(line) + "\n";
    if (!std::string_view(line).starts_with(listening.last)) return;
    listening.teller->story_->note(listening.told, listening.lines);
    listening.last = nullptr;
  }

  Story* story_;
  Listening context_[2]{};
  int contexts_ = 0;
};

// A file in memory, for OpenSSL, which reads certificates from files.
class NamelessFile {
 public:
  explicit NamelessFile(std::string_view text) : fd_(::memfd_create("loquat", MFD_CLOEXEC)) {
    if (fd_ < 0 || ::write(fd_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      throw_oserror(errno, {"memfd_create", {}, {}, 0});
    }
  }
  NamelessFile(const NamelessFile&) = delete;
  NamelessFile& operator=(const NamelessFile&) = delete;
  ~NamelessFile() { ::close(fd_); }
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

SSLContext server_context(const tls::SelfSigned& own) {
  const NamelessFile pem(own.certificate + own.key);
  SSLContext context(PROTOCOL_TLS_SERVER);
  context.load_cert_chain(pem.path());
  context.set_minimum_version(TLSVersion::TLSv1_3);
  context.set_num_tickets(0);
  return context;
}

std::string until(SSLSocket& from, std::string_view end) {
  std::string text, more;
  while ((end.empty() || text.find(end) == text.npos) && !(more = from.recv(4096)).empty()) text += more;
  return text;
}

std::string answer_securely(Lab& lab, const SSLContext& context, Program& peer) {
  SSLSocket socket = context.wrap_socket(std::move(peer.socket()), {.server_side = true});
  const std::string request = until(socket, "\r\n\r\n");
  lab.act(Side::server, texts::reads_request_and_answers(request.size()), peer.addresses());
  socket.sendall("HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nsecret\n");
  socket.shutdown(SHUT_WR);
  until(socket, "");  // the client's end
  socket.close();
  return request;
}

std::string ask_securely(Lab& lab, const SSLContext& context, Program& client) {
  SSLSocket socket = context.wrap_socket(std::move(client.socket()), {.server_hostname = std::string(secure_name)});
  lab.act(Side::client, texts::has_verified_certificate(socket.version()), client.addresses());
  socket.sendall("GET /secret HTTP/1.1\r\nHost: " + std::string(secure_name) + "\r\nConnection: close\r\n\r\n");
  const std::string response = until(socket, "");
  lab.act(Side::client, texts::reads_response_and_closes, client.addresses());
  socket.shutdown(SHUT_WR);
  socket.close();
  return response;
}

bool can_be_read(const Story& story, std::string_view text) {
  for (const Frame& frame : story.frames()) {
    const std::string_view bytes(reinterpret_cast<const char*>(frame.bytes.data()), frame.bytes.size());
    if (bytes.find(text) != bytes.npos) return true;
  }
  return false;
}

void http_in_tls(Lab& lab, Story& story) {
  const auto own = tls::make_self_signed("Loquat's lab", {std::string(secure_name)}, 1, tls::KeyKind::ed25519);
  const SSLContext serving = server_context(own);
  const SSLContext asking = create_default_context(Purpose::SERVER_AUTH, {}, {}, own.certificate);
  KeyTeller keys(story);
  keys.listen_to(serving, "SERVER_TRAFFIC_SECRET_0", texts::server_has_keys);
  keys.listen_to(asking, "CLIENT_TRAFFIC_SECRET_0", texts::client_has_keys);
  auto [server, client, peer] = lab.converse();
  auto answering = spawn([&lab, &serving, &peer = peer] { return answer_securely(lab, serving, peer); });
  const std::string response = ask_securely(lab, asking, client);
  const std::string request = answering.get();
  lab.settle(milliseconds(60));
  story.check(request.starts_with("GET /secret ") && response.ends_with("secret\n"), "request and response arrive");
  story.check(can_be_read(story, secure_name), "the server's name can be read in the ClientHello");
  story.check(!can_be_read(story, "secret\n") && !can_be_read(story, "GET "), "nothing else can be read on the wire");
  lab.conclude(texts::tls_conclusion);
}

}  // namespace

std::vector<Scenario> tls_scenarios() { return {{"tls", http_in_tls, {}, 443}}; }

}  // namespace loquat::wire
