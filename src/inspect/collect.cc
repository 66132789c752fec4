#include "inspect/collect.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <span>
#include <stdexcept>

#include "list/fibers.h"
#include "loquat/address.h"
#include "loquat/sync.h"

namespace loquat::inspect {
namespace {

std::string addresses_of(sys::World& world, int descriptor) {
  const auto ask = [&](auto call) -> std::string {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    auto* const address = reinterpret_cast<sockaddr*>(&storage);
    if ((world.*call)(descriptor, address, &size) < 0) return {};
    const Address known(address, std::min<socklen_t>(size, sizeof storage));
    return known.family() == AF_UNSPEC || (known.family() == AF_UNIX && known.host().empty()) ? std::string()
                                                                                              : known.str();
  };
  const std::string own = ask(&sys::World::getsockname), peer = ask(&sys::World::getpeername);
  return own.empty() || peer.empty() ? own + peer : own + " - " + peer;
}

// What the workers add to. It outlives a worker that answers late.
struct Answers {
  std::mutex mutex;  // nothing waits under it, and workers take it in their loops
  std::vector<FiberInfo> fibers;
  std::vector<bool> answered;
  std::size_t missing = 0;
  Event complete;

  void add(std::size_t worker, std::vector<FiberInfo> more) {
    const std::lock_guard guard(mutex);
    std::move(more.begin(), more.end(), std::back_inserter(fibers));
    answered[worker] = true;
    if (--missing == 0) complete.set();
  }
};

struct Question : sched::Message {
  std::shared_ptr<Answers> answers;
  sched::Worker* worker;

  static void arrived(sched::Message* message) noexcept {
    const std::unique_ptr<Question> self(static_cast<Question*>(message));
    std::vector<FiberInfo> found;
    try {
      collect(*self->worker, found);
      self->answers->add(self->worker->index(), std::move(found));
    } catch (const std::bad_alloc&) {  // it counts as silent
    }
  }
};

}  // namespace

void collect(sched::Worker& worker, std::vector<FiberInfo>& into) {
  const std::size_t before = into.size();
  list::collect(worker, into);
  for (FiberInfo& fiber : std::span(into).subspan(before)) {
    if (fiber.descriptor >= 0) fiber.addresses = addresses_of(worker.world(), fiber.descriptor);
  }
}

Collected collect_all(Duration patience) {
  sched::Worker* const here = sched::Worker::of_fiber();
  if (here == nullptr) throw std::logic_error("fibers() outside of a fiber");
  sched::Workers& workers = here->workers();
  const auto answers = std::make_shared<Answers>();
  answers->answered.resize(workers.size());
  answers->missing = workers.size();
  for (std::size_t i = 0; i < workers.size(); ++i) {
    if (&workers[i] == here) continue;
    auto question = std::make_unique<Question>();
    question->answers = answers;
    question->worker = &workers[i];
    question->run = &Question::arrived;
    workers[i].post(question.release());
  }
  std::vector<FiberInfo> own;
  collect(*here, own);
  answers->add(here->index(), std::move(own));
  (void)answers->complete.wait_for(patience);
  const std::lock_guard guard(answers->mutex);
  Collected all{std::move(answers->fibers), {}};
  for (std::size_t i = 0; i < workers.size(); ++i) {
    if (!answers->answered[i]) all.silent.push_back(i);
  }
  std::sort(all.fibers.begin(), all.fibers.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  return all;
}

}  // namespace loquat::inspect

namespace loquat {
namespace {

std::string counted(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

std::vector<FiberInfo> fibers(AnyDuration patience) { return inspect::collect_all(patience).fibers; }

std::string fibers_text(std::size_t lines, AnyDuration patience) {
  const inspect::Collected all = inspect::collect_all(patience);
  std::string text = counted(all.fibers.size(), "fiber") + " on " +
                     counted(sched::Worker::current()->workers().size(), "worker") + "\n" +
                     list::tree_of(all.fibers, lines);
  for (const std::size_t worker : all.silent)
    text += "  worker " + std::to_string(worker) + " does not answer: a fiber holds it\n";
  return text;
}

}  // namespace loquat
