#include "run.h"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>

#include <fmt/core.h>

#include "file.h"
#include "loquat/error.h"
#include "print.h"
#include "wire/kernel/elsewhere.h"
#include "wire/text/texts.h"
#include "wire/why/json.h"
#include "wire/why/socket_survey.h"
#include "wire/why/target.h"

namespace loquat::tool {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds min_look{3000};  // before we say that an application does not read
constexpr milliseconds max_look{6000};  // before we say so of one at the other end of a network
constexpr std::size_t max_of_a_kind = 3;

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
  void go_where_it_is();
  std::vector<Judged> judge_all();
  bool look_longer(const std::vector<Judged>& all) const;
  bool print_deaths(bool all);
  void print(const std::vector<Judged>& all);
  void print_groups(const std::vector<Judged>& all);
  int print_absent();
  void print_one(const std::string& title, const wire::Verdict& verdict, const std::string& json) const;

  const WhyOptions& options_;
  wire::Target target_;
  std::optional<wire::SocketSurvey> survey_;
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
  survey_.emplace();
  if (target_.everything() || !choose(target_, survey_->seen([](auto&) { return true; })).empty()) return;
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

std::vector<Judged> Why::judge_all() {
  std::vector<Judged> all;
  for (wire::Observation& seen : choose(target_, survey_->seen([](auto&) { return true; }))) {
    wire::Verdict verdict = judge(seen);
    all.push_back({std::move(seen), std::move(verdict)});
  }
  std::stable_sort(all.begin(), all.end(), [](const Judged& a, const Judged& b) {
    auto rank = [](const Judged& each) {
      return std::pair(-wire::severity(each.verdict.cause),
                       each.seen.last.state == wire::State::listen || each.seen.last.state == wire::State::time_wait);
    };
    return rank(a) < rank(b);
  });
  return all;
}

bool Why::look_longer(const std::vector<Judged>& all) const {
  bool wanted = std::any_of(all.begin(), all.end(), [](const Judged& each) { return each.verdict.look_longer; });
  return wanted && !target_.everything() && survey_->between() < max_look && interrupted == 0;
}

int Why::once() {
  wait_for(options_.interval);
  survey_->look();
  std::vector<Judged> all = judge_all();
  while (look_longer(all)) {
    Duration wanted = survey_->between() < min_look ? min_look : max_look;
    wait_for(std::max<Duration>(wanted - survey_->between(), milliseconds(50)));
    survey_->look();
    all = judge_all();
  }
  bool died = print_deaths(false);
  if (all.empty() && !died) return print_absent();
  print(all);
  return 0;
}

int Why::follow() {
  std::map<std::string, std::pair<wire::Cause, wire::Certainty>> reported;
  while (interrupted == 0) {
    wait_for(options_.interval, survey_->deaths_fileno());
    survey_->look();
    std::vector<Judged> news;
    for (Judged& each : judge_all()) {
      auto now = std::pair(each.verdict.cause, each.verdict.certainty);
      auto [at, is_new] = reported.try_emplace(each.seen.last.local.str() + " " + each.seen.last.remote.str(), now);
      if (is_new || at->second != now) news.push_back(std::move(each));
      at->second = now;
    }
    print(news);
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
    bool ours = target_.is_local(seen) || target_.is_remote(seen);
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

void Why::print(const std::vector<Judged>& all) {
  std::vector<wire::Observation> waiting;
  for (const Judged& each : all) waiting.push_back(each.seen);
  if (auto pile = judge_pile(waiting, free_ports())) print_one("TIME-WAIT", *pile, json_line("TIME-WAIT", *pile));
  if (options_.json) {
    for (const Judged& each : all) fmt::print("{}\n", json_line(each.seen, each.verdict));
  } else if (target_.everything() && !options_.follow) {
    print_table(all);
  } else {
    print_groups(all);
  }
}

// Shows the first sockets with the same verdict and state, and counts the others.
void Why::print_groups(const std::vector<Judged>& all) {
  std::map<std::string, std::size_t> of_a_kind;
  for (const Judged& each : all) {
    std::string kind =
        fmt::format("{} ({}) {}", name(each.verdict.cause), name(each.verdict.certainty), name(each.seen.last.state));
    if (++of_a_kind[kind] <= max_of_a_kind) print_verdict(title_of(each.seen), each.verdict, options_.language);
  }
  for (const auto& [kind, count] : of_a_kind) {
    if (count > max_of_a_kind)
      fmt::print("{}\n", in(options_.language, wire::texts::more_of_a_kind(count - max_of_a_kind, kind)));
  }
}

int Why::print_absent() {
  bool here = target_.port.has_value() && !(target_.pid && !wire::kernel::program_of(*target_.pid).empty());
  for (const Address& each : target_.addresses) here = here || survey_->is_here(each);
  if (!here) {
    fmt::print(stderr, "loquat: no TCP socket on this machine matches {}\n", target_.text);
    return 1;
  }
  wire::Verdict verdict = wire::judge_absent(
      target_.port ? fmt::format("port {}", *target_.port) : target_.addresses.front().str(), survey_->may_be_nat());
  print_one(target_.text, verdict, json_line(target_.text, verdict));
  return 0;
}

}  // namespace

int run_why(const WhyOptions& options) {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  std::error_code error;
  if (std::filesystem::is_regular_file(options.target, error)) return run_why_file(options);
  Why why(options);
  return options.follow ? why.follow() : why.once();
}

}  // namespace loquat::tool
