#include "doors/web/metrics.h"

#include <cstdint>
#include <string_view>

#include "loquat/detector.h"
#include "loquat/fiber.h"
#include "sched/worker.h"

namespace loquat::doors {
namespace {

class Page {
 public:
  void metric(std::string_view name, std::string_view type, std::string_view help) {
    name_ = "loquat_" + std::string(name);
    text_ += "# HELP " + name_ + ' ';
    text_ += help;
    text_ += "\n# TYPE " + name_ + ' ';
    (text_ += type) += '\n';
  }
  void value(std::uint64_t value, std::string_view labels = {}) {
    text_ += name_;
    text_ += labels;
    text_ += ' ' + std::to_string(value) + '\n';
  }
  void counter(std::string_view name, std::string_view help, std::uint64_t number) {
    metric(name, "counter", help);
    value(number);
  }
  void gauge(std::string_view name, std::string_view help, std::uint64_t number) {
    metric(name, "gauge", help);
    value(number);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::string name_;
};

void add_connections(Page& page, const Counters& counters) {
  page.counter("connections_total", "Connections that were accepted.", counters.connections);
  page.gauge("connections_open", "Connections that are open now.", counters.open);
  page.metric("door_opened_total", "counter", "Connections by what they turned out to be.");
  page.value(counters.text, "{door=\"text\"}");
  page.value(counters.irc, "{door=\"irc\"}");
  page.value(counters.http, "{door=\"http\"}");
  page.value(counters.websocket, "{door=\"websocket\"}");
  page.value(counters.refused, "{door=\"refused\"}");
  page.counter("tls_handshakes_total", "TLS handshakes that were begun.", counters.tls);
  page.counter("tls_failed_total", "TLS handshakes that failed or took too long.", counters.tls_failed);
  page.counter("fell_behind_total", "Clients that were disconnected for not reading.", counters.fell_behind);
  page.counter("floods_slowed_total", "Floods: times that a client was read more slowly.", counters.floods_slowed);
}

// Fibers that have not ended, those that ask included.
std::uint64_t count_fibers() {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < workers(); ++i)
    sum += spawn_on(i, [] { return sched::Worker::of_fiber()->fibers(); }).get();
  return sum;
}

void add_chat(Page& page, Context& context) {
  const chat::Hub& hub = context.log.hub();
  std::uint64_t rooms = 0;
  hub.each_room([&](const chat::Room&) { ++rooms; });
  page.gauge("people", "People who are here.", hub.people());
  page.gauge("rooms", "Rooms with somebody in them.", rooms);
  const chat::Log::Counters log = context.log.counters();
  page.counter("commands_total", "Commands that were given to the log.", log.commands);
  page.counter("events_total", "Events that the log has made.", log.events);
  page.counter("commits_total", "Commits of the archive.", log.commits);
  page.counter("failed_commits_total", "Commits of the archive that failed.", log.failed_commits);
  page.gauge("writable", "1 while rooms take lines, 0 while nothing can be saved.", context.log.writable() ? 1 : 0);
}

void add_held(Page& page, const Detector& detector) {
  page.counter("worker_held_total", "Times that a fiber held up a worker.", detector.reports());
  page.gauge("worker_held_longest_milliseconds", "The longest of those times.",
             static_cast<std::uint64_t>(detector.longest() / std::chrono::milliseconds(1)));
}

}  // namespace

std::string metrics_text(Context& context) {
  Page page;
  if (context.detector != nullptr) add_held(page, *context.detector);
  page.gauge("fibers", "Fibers that have not ended.", count_fibers());
  add_connections(page, context.counters);
  add_chat(page, context);
  return page.take();
}

}  // namespace loquat::doors
