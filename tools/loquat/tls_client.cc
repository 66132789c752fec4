#include "tls_client.h"

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "loquat/tls.h"

namespace loquat::tool {
namespace {

constexpr std::size_t fingerprint_digits = 64;

// "ab:cd", "AB CD", "sha256:abcd": the digits count.
std::string digits_of(std::string text) {
  for (const char* prefix : {"SHA256:", "sha256:", "SHA-256:", "sha-256:"}) {
    if (text.starts_with(prefix)) text.erase(0, std::string_view(prefix).size());
  }
  std::erase_if(text, [](char c) { return c == ':' || c == ' '; });
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string wrong_fingerprint(const std::string& text) {
  const std::string digits = digits_of(text);
  const bool good = digits.size() == fingerprint_digits && digits.find_first_not_of("0123456789ABCDEF") == digits.npos;
  return good ? "" : "a SHA-256 fingerprint has 64 hexadecimal digits, as in AB:CD:...";
}

Socket secure_by_fingerprint(Socket socket, const std::string& wanted, const std::string& host) {
  SSLContext context(PROTOCOL_TLS_CLIENT);
  context.set_check_hostname(false);
  context.set_verify_mode(CERT_NONE);
  WrapOptions options;
  options.server_hostname = host;
  SSLSocket secured = context.wrap_socket(std::move(socket), std::move(options));
  const auto certificate = secured.getpeercert();
  const std::string shown = certificate ? certificate->fingerprint : "";
  if (digits_of(shown) == digits_of(wanted)) return secured;
  throw std::runtime_error(
      fmt::format("{} shows another certificate than the one that you trust: its fingerprint is {}. "
                  "Either it was renewed (ask its operator), or somebody sits in between",
                  host, shown));
}

}  // namespace

void TlsClient::add_to(CLI::App& command) {
  CLI::Option* tls = command.add_flag("--tls", use, "speak TLS, with whom can prove who it is");
  command.add_option("--tls-ca", ca, "trust the certificates in this file instead of the system's")
      ->check(CLI::ExistingFile)
      ->needs(tls);
  command.add_option("--tls-fingerprint", fingerprint, "trust this certificate, by its SHA-256 fingerprint")
      ->check(wrong_fingerprint)
      ->needs(tls);
}

Socket TlsClient::secure(Socket socket, const std::string& host) const {
  if (!use) return socket;
  const std::string name = host.empty() ? "localhost" : host;
  if (!fingerprint.empty()) return secure_by_fingerprint(std::move(socket), fingerprint, name);
  const SSLContext context = create_default_context(Purpose::SERVER_AUTH, ca);
  try {
    WrapOptions options;
    options.server_hostname = name;
    return context.wrap_socket(std::move(socket), std::move(options));
  } catch (const SSLCertVerificationError& e) {
    throw std::runtime_error(
        fmt::format("the certificate of {} is not trusted: {}. It showed the one with the fingerprint\n"
                    "  {}\nIf that is what its operator told you, add --tls-fingerprint and it",
                    name, e.verify_message(), e.fingerprint()));
  }
}

}  // namespace loquat::tool
