#include "tls_server.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "loquat/file.h"
#include "tls/certificate.h"

namespace loquat::tool {
namespace {

constexpr int max_days = 825;  // the most that some clients accept

// Writes the file whole or not at all.
void write_secret(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) throw std::system_error(errno, std::generic_category());
  File file(fd, File::own);
  file.write(text);
  if (::fsync(fd) != 0 || ::rename(fresh.c_str(), path.c_str()) != 0)
    throw std::system_error(errno, std::generic_category());
}

bool is_valid(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0 && tls::read_certificate(path).not_after > std::chrono::system_clock::now();
}

}  // namespace

void TlsServer::add_to(CLI::App& command) {
  CLI::Option* file = command.add_option("--tls-cert", cert, "offer TLS, with the certificate in this PEM file")
                          ->check(CLI::ExistingFile);
  command.add_option("--tls-key", key, "the certificate's key, if it is in another file")
      ->check(CLI::ExistingFile)
      ->needs(file);
  command
      .add_flag("--tls-self-signed", self_signed,
                "offer TLS, with a self-signed certificate that is made once and kept")
      ->excludes(file);
}

void TlsServer::prepare(const std::string& directory, const std::vector<std::string>& names) {
  if (!self_signed) return;
  cert = directory + "/tls.pem";
  try {
    std::filesystem::create_directories(directory);
    if (is_valid(cert)) return;
    const auto made = tls::make_self_signed("loquat", names, max_days);
    write_secret(cert, made.certificate + made.key);
  } catch (const OSError&) {
    throw;
  } catch (const std::system_error& e) {
    throw std::runtime_error(fmt::format("the certificate in {}: {}", cert, e.code().message()));
  }
}

SSLContext TlsServer::context() const {
  SSLContext context(PROTOCOL_TLS_SERVER);
  context.load_cert_chain(cert, key);
  return context;
}

std::string TlsServer::fingerprint() const { return tls::read_certificate(cert).fingerprint; }

}  // namespace loquat::tool
