#include "run.h"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <utility>

#include <fmt/core.h>

#include "file.h"
#include "loquat/error.h"
#include "print.h"
#include "wire/kernel/elsewhere.h"
#include "wire/text/texts.h"
#include "wire/why/absence.h"
#include "wire/why/json.h"
#include "wire/why/pile.h"
#include "wire/why/socket_survey.h"
#include "wire/why/target.h"
#include "wire/why/upstreams.h"

namespace loquat::tool {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds min_look{3000};  // before we say that an application does not read
constexpr milliseconds max_look{6000};  // before we say so of one at the other end of a network
constexpr std::size_t max_of_a_kind = 3;
constexpr std::size_t max_glanced_at = 64;
constexpr milliseconds glance_every{10};

volatile std::sig_atomic_t interrupted = 0;

// Ends early at Ctrl-C, and, if `descriptor` is given, when there is something to read.
void wait_for(Duration time, int descriptor = -1) {
  auto deadline = Clock::now() + time;
  while (interrupted == 0) {
    auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now()).count();
    pollfd watched{descriptor, POLLIN, 0};
    if (left <= 0 || ::poll(&watched, 1, static_cast<int>(left)) > 0) return;
  }
}

int free_ports() {
  std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
  int low = 32768, high = 60999;
  file >> low >> high;
  return high - low + 1;
}

class Why {
 public:
  explicit Why(const WhyOptions& options) : options_(options), target_(wire::parse_target(options.target)) {
    go_where_it_is();
  }

  int once();
  int follow();

 private:
  // A verdict without its words: those of thousands of sockets would fill the memory. They are made when it is printed.
  struct Ranked {
    std::size_t index;
    wire::Urgency urgency;
    wire::Cause cause;
    wire::Certainty certainty;
    bool waits = false;  // a listener, or in TIME-WAIT: behind others that are as urgent
    bool look_longer = false;
  };

  void go_where_it_is();
  void glance_for(Duration time);
  std::vector<Ranked> rank_all() const;
  bool look_longer(const std::vector<Ranked>& all) const;
  bool print_deaths(bool all);
  void print(std::vector<Ranked> all);
  void print_piles();
  void print_json(const std::vector<Ranked>& all) const;
  void print_groups(const std::vector<Ranked>& all) const;
  bool print_absent() const;
  void print_one(const std::string& title, const wire::Verdict& verdict, const std::string& json) const;

  const WhyOptions& options_;
  wire::Target target_;
  std::optional<wire::SocketSurvey> survey_;
  Duration first_look_{};                              // how long it took
  std::map<std::string, wire::Certainty> piles_told_;  // as of the latest look
};

// For a port in a container: enters the network namespace that has it.
void Why::go_where_it_is() {
  auto enter = [this](pid_t pid, const std::string& program) {
    try {
      wire::kernel::enter_network_of(pid);
      fmt::print(stderr, "loquat: {} is in the network namespace of process {} ({}); looking there\n", target_.text,
                 pid, program);
    } catch (const OSError&) {
      throw std::runtime_error(
          fmt::format("{0} is in the network namespace of process {1} ({2}), which you may not enter; run: "
                      "sudo nsenter -t {1} -n loquat wire why {0}",
                      target_.text, pid, program));
    }
  };
  const TimePoint began = Clock::now();
  survey_.emplace();
  first_look_ = Clock::now() - began;
  if (target_.everything() || !choose(target_, *survey_).empty()) return;
  if (target_.pid && wire::kernel::is_elsewhere(*target_.pid)) {
    enter(*target_.pid, wire::kernel::program_of(*target_.pid));
  } else if (target_.port) {
    auto found = wire::kernel::find_elsewhere(*target_.port);
    if (found.empty()) return;
    enter(found.front().pid, found.front().program);
  } else {
    return;
  }
  survey_.emplace();
}

// Waits so long. If few are asked for, it glances at them meanwhile: what they wait for cannot be told from two looks.
void Why::glance_for(Duration time) {
  const TimePoint end = Clock::now() + time;
  const auto chosen = target_.everything() ? std::vector<std::size_t>{} : choose(target_, *survey_);
  const bool few = !chosen.empty() && chosen.size() <= max_glanced_at;
  while (few && interrupted == 0 && Clock::now() + glance_every < end) {
    survey_->glance(chosen);
    wait_for(glance_every);
  }
  wait_for(end - Clock::now());
}

std::vector<Why::Ranked> Why::rank_all() const {
  std::vector<Ranked> all;
  for (std::size_t index : choose(target_, *survey_)) {
    const wire::Observation seen = (*survey_)[index];
    const wire::Verdict verdict = judge(seen);
    const bool waits = seen.last.state == wire::State::listen || seen.last.state == wire::State::time_wait;
    all.push_back({index, urgency(verdict), verdict.cause, verdict.certainty, waits, verdict.look_longer});
  }
  return all;
}

bool Why::look_longer(const std::vector<Ranked>& all) const {
  bool wanted = std::any_of(all.begin(), all.end(), [](const Ranked& each) { return each.look_longer; });
  return wanted && !target_.everything() && survey_->between() < max_look && interrupted == 0;
}

// The answer comes after one interval even if looking at thousands of sockets takes its time: the second look, the
// verdicts and their output cost some twelve times what the first look did.
int Why::once() {
  glance_for(std::max<Duration>(options_.interval - 12 * first_look_, options_.interval / 2));
  survey_->look();
  std::vector<Ranked> all = rank_all();
  while (look_longer(all)) {
    Duration wanted = survey_->between() < min_look ? min_look : max_look;
    glance_for(std::max<Duration>(wanted - survey_->between(), milliseconds(50)));
    survey_->look();
    all = rank_all();
  }
  print_piles();
  bool told = print_deaths(false);  // which explains why nothing is left of it
  told = told || print_absent() || !all.empty();
  print(std::move(all));
  if (!told) fmt::print(stderr, "loquat: no TCP socket on this machine matches {}\n", target_.text);
  return told ? 0 : 1;
}

int Why::follow() {
  std::map<std::string, std::pair<wire::Cause, wire::Certainty>> reported;
  while (interrupted == 0) {
    wait_for(options_.interval, survey_->deaths_fileno());
    survey_->look();
    print_piles();
    std::vector<Ranked> news;
    for (const Ranked& each : rank_all()) {
      auto now = std::pair(each.cause, each.certainty);
      const wire::kernel::SocketFacts socket = survey_->sockets()[each.index];
      auto [at, is_new] = reported.try_emplace(socket.local.str() + " " + socket.remote.str(), now);
      if (is_new || at->second != now) news.push_back(each);
      at->second = now;
    }
    print(std::move(news));
    print_deaths(true);
    std::fflush(stdout);
    if (survey_->between() >= min_look) survey_->restart();
  }
  return 0;
}

bool Why::print_deaths(bool all) {
  bool some = false;
  for (const wire::Death& each : survey_->deaths()) {
    wire::Observation seen = each.alive.value_or(wire::Observation{});
    if (!each.alive) seen.first = seen.last = each.dead;
    bool ours = target_.is_local(seen.last) || target_.is_remote(seen.last);
    wire::Verdict verdict = judge_death(each);
    if (!ours || (!all && wire::severity(verdict.cause) == 0)) continue;
    print_one(title_of(seen), verdict, json_line(each, verdict));
    some = true;
  }
  return some;
}

void Why::print_one(const std::string& title, const wire::Verdict& verdict, const std::string& json) const {
  if (options_.json) {
    fmt::print("{}\n", json);
  } else {
    print_verdict(title, verdict, options_.language);
  }
}

// In JSON in the kernel's order; for people the worst comes first.
void Why::print(std::vector<Ranked> all) {
  if (all.empty()) return;
  if (options_.json) return print_json(all);
  std::stable_sort(all.begin(), all.end(), [](const Ranked& a, const Ranked& b) {
    return std::pair(b.urgency, a.waits) < std::pair(a.urgency, b.waits);
  });
  if (!target_.everything() || options_.follow) return print_groups(all);
  print_table_head();
  for (const Ranked& each : all) {
    const wire::kernel::SocketFacts socket = survey_->sockets()[each.index];
    print_table_line(socket, survey_->owners().of(socket.inode), {.cause = each.cause, .certainty = each.certainty});
  }
}

void Why::print_json(const std::vector<Ranked>& all) const {
  const wire::Upstreams upstreams = find_upstreams(*survey_);
  for (const Ranked& each : all) {
    const wire::Observation seen = (*survey_)[each.index];
    wire::Verdict verdict = judge(seen);
    upstreams.explain(seen, verdict);
    fmt::print("{}\n", json_line(seen, verdict));
  }
}

// Whatever was asked for: they may be why it fails. One that was told already is told again when its certainty changes.
void Why::print_piles() {
  const auto told = std::exchange(piles_told_, {});
  const wire::kernel::SocketTable& sockets = survey_->sockets();
  const int ports = free_ports();
  int waiting = 0;
  for (std::size_t i = 0; i < sockets.size(); ++i) waiting += sockets.state(i) == wire::State::time_wait ? 1 : 0;
  if (waiting < ports / 2 && sockets.size() < static_cast<std::size_t>(ports) * 9 / 10) return;
  wire::Pile pile;
  for (std::size_t i = 0; i < sockets.size(); ++i) pile.add(sockets[i]);
  for (const auto& [ends, verdict] : pile.verdicts(ports)) {
    piles_told_[ends] = verdict.certainty;
    auto before = told.find(ends);
    if (before != told.end() && before->second == verdict.certainty) continue;
    const std::string title = verdict.cause == wire::Cause::time_wait_pile ? "TIME-WAIT" : ends;
    print_one(title, verdict, json_line(title, verdict));
  }
}

// Shows the first sockets with the same verdict and state, and counts the others.
void Why::print_groups(const std::vector<Ranked>& all) const {
  const wire::Upstreams upstreams = find_upstreams(*survey_);
  std::map<std::string, std::size_t> of_a_kind;
  for (const Ranked& each : all) {
    std::string kind =
        fmt::format("{} ({}) {}", name(each.cause), name(each.certainty), name(survey_->sockets()[each.index].state));
    if (++of_a_kind[kind] > max_of_a_kind) continue;
    const wire::Observation seen = (*survey_)[each.index];
    wire::Verdict verdict = judge(seen);
    upstreams.explain(seen, verdict);
    print_verdict(title_of(seen), verdict, options_.language);
  }
  for (const auto& [kind, count] : of_a_kind) {
    if (count > max_of_a_kind)
      fmt::print("{}\n", in(options_.language, wire::texts::more_of_a_kind(count - max_of_a_kind, kind)));
  }
}

// Whether it has said of the target's port that nobody listens there.
bool Why::print_absent() const {
  auto absence = find_absence(target_, *survey_);
  if (!absence) return false;
  const wire::Verdict verdict = judge_absent(*absence);
  print_one(target_.text, verdict, json_line(target_.text, verdict));
  return true;
}

// No address has a slash; a path without a file is one, too, so that the message is about the file.
bool names_a_file(const std::string& target) {
  std::error_code error;
  const bool looks_so = target.find('/') != std::string::npos && !target.starts_with("unix:");
  return looks_so || target.find(".pcap") != std::string::npos || std::filesystem::is_regular_file(target, error);
}

}  // namespace

int run_why(const WhyOptions& options) {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  if (names_a_file(options.target)) return run_why_file(options);
  Why why(options);
  return options.follow ? why.follow() : why.once();
}

}  // namespace loquat::tool
