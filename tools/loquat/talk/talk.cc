#include <CLI/CLI.hpp>

#include "../command.h"
#include "run.h"

namespace loquat::tool {
namespace {

void check_tls(TalkOptions& options) {
  TlsOptions& tls = options.tls;
  tls.enabled = tls.enabled || !(tls.cert + tls.ca + tls.fingerprint).empty();
  if (!tls.enabled) return;
  if (options.udp || options.peer.starts_with("unix:") || options.listen.starts_with("unix:"))
    throw CLI::ValidationError("TLS is for TCP, not for UDP and Unix sockets");
  if (!options.listen.empty() && !(tls.ca.empty() && tls.fingerprint.empty()))
    throw CLI::ValidationError("--tls-ca and --tls-fingerprint belong to the side that connects");
  if (options.listen.empty() && !tls.cert.empty())
    throw CLI::ValidationError("--tls-cert belongs to the side that listens");
  if (!tls.fingerprint.empty() && fingerprint_digits(tls.fingerprint).size() != 64)
    throw CLI::ValidationError("--tls-fingerprint has 64 hexadecimal digits");
}

void check(TalkOptions& options) {
  if (options.peer.empty() == options.listen.empty())
    throw CLI::ValidationError("say either where to connect (ADDR) or where to listen (--listen ADDR)");
  const std::string& where = options.peer.empty() ? options.listen : options.peer;
  try {
    if (!parse_host_port(where).unix_path.empty() && options.udp)
      throw CLI::ValidationError("-u is for HOST:PORT, not for unix:PATH");
    check_tls(options);
  } catch (const std::invalid_argument& e) {
    throw CLI::ValidationError(e.what());
  }
}

void add_tls_options(CLI::App& command, TlsOptions& tls) {
  command.add_flag("--tls", tls.enabled, "encrypt; the side that connects checks the listener's certificate");
  auto* cert =
      command.add_option("--tls-cert", tls.cert, "the listener's certificate, PEM (default: a new one for each run)");
  command.add_option("--tls-key", tls.key, "the certificate's key, if it is in another file")->needs(cert);
  command.add_option("--tls-ca", tls.ca, "certificates to trust when connecting, PEM (default: the system's)");
  command.add_option("--tls-fingerprint", tls.fingerprint, "SHA-256 of the one certificate to trust when connecting");
}

}  // namespace

void add_talk(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<TalkOptions>();
  CLI::App* command = app.add_subcommand("talk", "two people, or two pipes, over one socket");
  command->add_option("ADDR", options->peer,
                      "where to connect: HOST:PORT, :PORT on this machine, [v6]:PORT or unix:PATH");
  command->add_option("--listen", options->listen,
                      "where to listen: 127.0.0.1:PORT, :PORT on every address, [v6]:PORT or unix:PATH");
  command->add_flag("--turns", options->turns, "take turns; the side that connected begins");
  command->add_flag("-u,--udp", options->udp, "UDP instead of TCP");
  add_tls_options(*command, options->tls);
  command->footer(
      "Examples:\n"
      "  loquat talk --listen :9000                      talk with everyone who connects, one after the other\n"
      "  loquat talk 192.168.1.7:9000                    connect; both sides type whenever they like\n"
      "  loquat talk 192.168.1.7:9000 --turns            a conversation in turns\n"
      "  loquat talk --listen :9000 | tar x              a pipe serves one caller and exits\n"
      "  tar c . | loquat talk 192.168.1.7:9000          ... and this is the other end\n"
      "  loquat talk --listen :9000 --tls                prints the fingerprint for the other side's "
      "--tls-fingerprint\n"
      "The other side may be nc, ncat, socat or ten lines of Python. Where people type, byebye from either side\n"
      "ends the talk; a listener then waits for the next connection. Ctrl-D or Ctrl-C says byebye and ends the "
      "program.");
  command->callback([options, &chosen] {
    check(*options);
    chosen = [options] { return run_talk(*options); };
  });
}

}  // namespace loquat::tool
