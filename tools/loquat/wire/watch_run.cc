#include <pcap/pcap.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>

#include <fmt/core.h>

#include "codec/capture/writer.h"
#include "live.h"
#include "watch.h"
#include "wire/text/texts.h"

namespace loquat::tool {
namespace {

std::atomic<bool> stop_watching{false};
std::atomic<pcap_t*> watched{nullptr};

void on_signal(int) {
  stop_watching = true;
  pcap_breakloop(watched);  // wakes it where it waits for packets
}

void stop_at_signals(pcap_t* handle) {
  watched = handle;
  struct sigaction action {};
  action.sa_handler = on_signal;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
}

struct Close {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};
using Handle = std::unique_ptr<pcap_t, Close>;

struct Program : bpf_program {
  Program(pcap_t* handle, const std::string& filter) : bpf_program{} {
    if (pcap_compile(handle, this, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0)
      throw std::invalid_argument("the filter '" + filter + "': " + pcap_geterr(handle));
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() { pcap_freecode(this); }
};

std::string remedy(const std::string& interface, wire::Language language) {
  std::error_code unknown;
  const std::string self = std::filesystem::read_symlink("/proc/self/exe", unknown).string();
  const char* user = ::getlogin();
  return fmt::format(
      "{}\n"
      "  sudo setcap cap_net_raw+ep {}\n"
      "      {}\n"
      "  sudo dumpcap -q -i {} -w - | loquat wire show -\n"
      "      {}\n"
      "      {}\n",
      in(language, wire::texts::gives_the_right), self, in(language, wire::texts::right_of_the_file), interface,
      in(language, wire::texts::only_dumpcap_is_root(user == nullptr ? "$USER" : user)),
      in(language, wire::texts::then_log_in_again));
}

class Watching {
 public:
  explicit Watching(const WireWatchOptions& options)
      : options_(options), language_(wire_language(options.output.language)) {}

  // An exit status, if it could not begin.
  std::optional<int> open();
  int run();

 private:
  int refuse(int status) const;
  // False if nobody reads any more.
  bool take(const pcap_pkthdr& header, const unsigned char* bytes, WireLive& live);
  int finish(WireLive& live);
  void write_file();

  const WireWatchOptions& options_;
  const wire::Language language_;
  Handle handle_;
  std::ofstream file_;
  codec::CaptureWriter writer_{"loquat " LOQUAT_VERSION};
  std::int64_t last_ns_ = 0;
};

int Watching::refuse(int status) const {
  const bool forbidden = status == PCAP_ERROR_PERM_DENIED || status == PCAP_ERROR_PROMISC_PERM_DENIED;
  std::string words = pcap_geterr(handle_.get());
  if (words.empty()) words = pcap_statustostr(status);
  fmt::print(stderr, "loquat: {}: {}\n", options_.interface, words);
  if (forbidden) fmt::print(stderr, "{}", remedy(options_.interface, language_));
  return 1;
}

std::optional<int> Watching::open() {
  std::array<char, PCAP_ERRBUF_SIZE> why{};
  handle_.reset(pcap_create(options_.interface.c_str(), why.data()));
  if (!handle_) throw std::runtime_error(why.data());
  pcap_set_snaplen(handle_.get(), 262144);
  pcap_set_immediate_mode(handle_.get(), 1);
  pcap_set_timeout(handle_.get(), 100);
  pcap_set_tstamp_precision(handle_.get(), PCAP_TSTAMP_PRECISION_NANO);
  if (const int status = pcap_activate(handle_.get()); status < 0) return refuse(status);
  Program program(handle_.get(), options_.filter);
  if (pcap_setfilter(handle_.get(), &program) != 0) return refuse(PCAP_ERROR);
  if (!options_.pcapng.empty()) {
    file_.open(options_.pcapng, std::ios::binary);
    writer_.interface({.name = options_.interface,
                       .description = options_.filter,
                       .link = static_cast<codec::LinkType>(pcap_datalink(handle_.get()))});
    write_file();
  }
  return std::nullopt;
}

void Watching::write_file() {
  if (options_.pcapng.empty()) return;
  const std::string blocks = writer_.take();
  if (!file_.write(blocks.data(), static_cast<std::streamsize>(blocks.size())).flush())
    throw std::runtime_error("cannot write to " + options_.pcapng);
}

bool Watching::take(const pcap_pkthdr& header, const unsigned char* bytes, WireLive& live) {
  const bool nanoseconds = pcap_get_tstamp_precision(handle_.get()) == PCAP_TSTAMP_PRECISION_NANO;
  last_ns_ = header.ts.tv_sec * std::int64_t{1'000'000'000} + header.ts.tv_usec * (nanoseconds ? 1 : 1000);
  const codec::CapturedPacket packet{.time_ns = last_ns_,
                                     .link = static_cast<codec::LinkType>(pcap_datalink(handle_.get())),
                                     .original_length = header.len,
                                     .bytes = std::as_bytes(std::span(bytes, header.caplen))};
  if (!options_.pcapng.empty()) writer_.packet(packet);
  write_file();
  return live.add(packet);
}

int Watching::run() {
  stop_at_signals(handle_.get());
  std::string where = options_.interface;
  if (!options_.filter.empty()) where += ", " + options_.filter;
  WireLive live(options_.output, where);
  fmt::print(stderr, "loquat: {}\n", in(language_, wire::texts::watching(where)));
  int status = 0;
  while (!stop_watching && status >= 0) {
    pcap_pkthdr* header = nullptr;
    const unsigned char* bytes = nullptr;
    status = pcap_next_ex(handle_.get(), &header, &bytes);
    if (status == 1 && !take(*header, bytes, live)) break;
  }
  const int ended = finish(live);
  return status < 0 && status != PCAP_ERROR_BREAK ? refuse(status) : ended;
}

int Watching::finish(WireLive& live) {
  pcap_stat counts{};
  pcap_stats(handle_.get(), &counts);
  const std::uint64_t dropped = std::uint64_t{counts.ps_drop} + counts.ps_ifdrop;
  wire::Text note;
  if (dropped > 0) note = wire::texts::packets_not_captured(dropped);
  live.finish(note);
  if (!options_.pcapng.empty()) writer_.statistics(0, last_ns_, counts.ps_recv, dropped);
  write_file();
  fmt::print(stderr, "loquat: {}\n",
             in(language_, wire::texts::watched_packets(live.frames(), counts.ps_drop, counts.ps_ifdrop)));
  return 0;
}

}  // namespace

void check_filter(const std::string& filter) {
  const Handle dead(pcap_open_dead(DLT_EN10MB, 262144));
  Program program(dead.get(), filter);
}

int run_wire_watch(const WireWatchOptions& options) {
  Watching watching(options);
  if (const auto refused = watching.open()) return *refused;
  return watching.run();
}

}  // namespace loquat::tool
