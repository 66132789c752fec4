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

// Some clients accept no longer life than 825 days; one of them is before today, for clocks that are slow.
constexpr int days_from_now = 824;
constexpr auto spare = std::chrono::days(30);  // to make another in

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
  if (::access(path.c_str(), F_OK) != 0) return false;
  return tls::read_certificate(path).not_after > std::chrono::system_clock::now() + spare;
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
    const auto made = tls::make_self_signed("loquat", names, days_from_now);
    write_secret(cert, made.certificate + made.key);
  } catch (const OSError&) {
    throw;
  } catch (const std::system_error& e) {
    throw std::runtime_error(fmt::format("the certificate in {}: {}", cert, e.code().message()));
  }
}

bool TlsServer::is_due() const { return self_signed && !is_valid(cert); }

SSLContext TlsServer::context() const {
  SSLContext context(PROTOCOL_TLS_SERVER);
  context.load_cert_chain(cert, key);
  return context;
}

std::string TlsServer::fingerprint() const { return tls::read_certificate(cert).fingerprint; }

}  // namespace loquat::tool
