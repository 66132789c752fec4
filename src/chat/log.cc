#include "chat/log.h"

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

#include "chat/audit.h"
#include "chat/state.h"
#include "codec/text/names.h"

namespace loquat::chat {
namespace {

constexpr Seq seq_reserve = 10'000;  // numbers that the archive skips after a restart, beyond those in use
constexpr Duration max_wait_for_clock = std::chrono::minutes(1);
constexpr std::size_t shard_queue = 16;      // batches that a worker may be behind
constexpr std::size_t events_per_turn = 32;  // that a hub applies before it lets the senders run

WallTime system_time() { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); }

// Whether the command makes something that is kept.
bool keeps(const Command& command) noexcept {
  switch (command.kind) {
    case CommandKind::message:
    case CommandKind::notice:
    case CommandKind::action:
      return !command.room.empty();
    case CommandKind::topic:
      return true;
    default:
      return is_solo(command.kind);
  }
}

bool is_ban(EventKind kind) noexcept { return kind == EventKind::ban || kind == EventKind::unban; }

bool leaves(CommandKind kind) noexcept { return kind == CommandKind::part || kind == CommandKind::quit; }

}  // namespace

struct Log::Batch {
  Pendings pendings;
  std::vector<ChatEvent> events;
  mutable std::atomic<std::size_t> hubs{0};  // that have yet to apply it
};

struct Log::Shard {
  explicit Shard(const std::vector<Ban>& bans) : hub(bans), queue(shard_queue) {}
  Hub hub;
  Queue<std::shared_ptr<const Batch>> queue;
  Fiber<> applier;
};

Log::Log(Archive& archive, LogOptions options)
    : archive_(archive), options_(std::move(options)), slots_(std::max<std::size_t>(options_.queue, 1)) {
  if (!options_.clock) options_.clock = system_time;
  std::vector<Ban> bans;
  offload([&] {
    bans = archive_.bans();
    seq_ = archive_.last_seq();
    reserved_ = seq_ + seq_reserve;
    archive_.commit({}, reserved_);
    state_ = std::make_unique<State>(options_.limits, options_.reserved_nicks, bans, options_.secret);
  });
  writable_.set();
  for (std::size_t i = 0; i < workers(); ++i) {
    shards_.push_back(std::make_unique<Shard>(bans));
    Shard& shard = *shards_.back();
    shard.applier = spawn_on(i, [this, &shard] { apply_all(shard); });
  }
  writer_ = spawn([this] { write_all(); });
}

Log::~Log() { stop(); }

void Log::stop() {
  if (stopped_.exchange(true)) return;
  CancelShield shield;
  queue_.close();
  slots_.release();  // wakes one submitter, which wakes the next
  writer_.join();
  if (healer_) {
    healer_.cancel();
    healer_.join();
  }
  for (auto& shard : shards_) shard->applier.join();
}

Hub& Log::hub() { return shards_[worker()]->hub; }

Ticket Log::submit(Command command) {
  const bool is_quit = command.kind == CommandKind::quit;
  std::optional<CancelShield> shield;
  if (is_quit) shield.emplace();  // a door quits while it is being cancelled, too
  auto pending = std::make_shared<Pending>();
  pending->command = std::move(command);
  Ticket ticket(pending);
  if (!is_quit && !stopped_) {
    slots_.acquire();
    if (stopped_) slots_.release();  // for the next one that waits
  }
  if (!queue_.put(pending)) {
    pending->outcome.reason = Reason::stopped;
    pending->done.set();
  }
  return ticket;
}

// --- The writer -----------------------------------------------------------------------------------------------------

void Log::write_all() {
  for (Pendings pendings; gather(pendings); pendings.clear()) {
    auto batch = std::make_shared<Batch>();
    batch->pendings = std::move(pendings);
    stage(*batch);
    commit(*batch);
    publish(batch);
  }
  for (auto& shard : shards_) shard->queue.close();
}

// Waits for a command and takes all that have gathered, up to the bounds of a batch. False: there will be no more.
bool Log::gather(Pendings& pendings) {
  std::size_t bytes = 0, slots = 0;
  std::shared_ptr<Pending> next = std::exchange(held_, nullptr);
  if (!next) {
    auto item = queue_.get();
    if (!item) return false;
    next = std::move(*item);
  }
  std::unordered_set<std::string> topics;  // rooms that get one: a join looks in the archive for it, after the commit
  while (next) {
    const Command& command = next->command;
    const bool waits =
        is_solo(command.kind) || (command.kind == CommandKind::join && topics.contains(codec::fold_name(command.room)));
    if (command.kind == CommandKind::topic) topics.insert(codec::fold_name(command.room));
    if (waits && !pendings.empty()) {
      held_ = std::move(next);
      break;
    }
    const bool alone = is_solo(next->command.kind);
    if (next->command.kind != CommandKind::quit) ++slots;
    bytes += next->command.text.size();
    pendings.push_back(std::move(next));
    if (alone || pendings.size() >= options_.batch || bytes >= options_.batch_bytes) break;
    if (auto item = queue_.try_get()) next = std::move(*item);
  }
  slots_.release(slots);
  commands_ += pendings.size();
  return true;
}

// Judges the commands one after the other, and numbers what they make.
void Log::stage(Batch& batch) {
  for (auto& pending : batch.pendings) {
    staged_.clear();
    pending->outcome.reason = judge(*pending);
    for (ChatEvent& event : staged_) {
      number(event);
      if (pending->outcome.seq == 0) pending->outcome.seq = event.seq;
      if (is_ban(event.kind)) pending->outcome.targets.push_back(event.target);
      batch.events.push_back(std::move(event));
    }
  }
}

Reason Log::judge(Pending& pending) {
  const Command& command = pending.command;
  if (command.kind == CommandKind::remove) {
    if (const Reason reason = find_removed(pending); reason != Reason::none) return reason;
  }
  if (command.kind == CommandKind::join && state_->opens_room(command)) find_room(pending.command);
  const bool out_of_numbers = seq_ >= reserved_ && !leaves(command.kind);
  if (!writable() && (keeps(command) || out_of_numbers)) {
    pending.outcome = failure(Reason::read_only, command, trouble());
    return Reason::read_only;
  }
  return state_->apply(command, staged_);
}

// A join that opens a room needs what the history knows of it. Without that, people can still come together.
void Log::find_room(Command& command) {
  if (codec::check_room(command.room) != codec::NameError::none) return;
  try {
    const auto known = offload([&] { return archive_.room(command.room); });
    if (!known) return;
    command.room = known->name;
    if (!known->topic.text.empty()) command.room_topic = std::make_shared<Topic>(known->topic);
  } catch (const std::exception& error) {
    write_log(LogLevel::error, std::string("the topic of a room cannot be read: ") + error.what());
  }
}

// Looks the event up that is to be removed, and with it the room whose members must hear of it.
Reason Log::find_removed(Pending& pending) {
  try {
    const auto event = offload([&] { return archive_.find(pending.command.ref); });
    if (!event || event->kind > EventKind::action) return Reason::no_such_event;
    pending.command.room = event->room;
    return Reason::none;
  } catch (const std::exception& error) {
    pending.outcome = failure(Reason::not_saved, pending.command, error.what());
    return Reason::not_saved;
  }
}

void Log::number(ChatEvent& event) {
  const WallTime clock = options_.clock();
  if (clock > time_ || time_ - clock > max_wait_for_clock) time_ = clock;
  event.time = time_;
  event.seq = ++seq_;
}

void Log::commit(Batch& batch) {
  const bool keeps_any =
      std::any_of(batch.events.begin(), batch.events.end(), [](const ChatEvent& e) { return e.is_kept(); });
  if (!keeps_any && (seq_ + seq_reserve / 2 < reserved_ || !writable())) return;
  std::string sentence;
  if (!try_commit(batch.events, sentence)) {
    drop_kept(batch, sentence);
    close_rooms(sentence);
    return;
  }
  staged_.clear();
  for (const ChatEvent& event : batch.events) {
    if (event.is_kept()) state_->committed(event, staged_);
  }
  batch.pendings.front()->outcome.removed = staged_.size();  // a command that removes people is alone in its batch
  for (ChatEvent& event : staged_) {
    number(event);
    batch.events.push_back(std::move(event));
  }
}

bool Log::try_commit(std::span<const ChatEvent> events, std::string& sentence) {
  const Seq reserve = seq_ + seq_reserve / 2 < reserved_ ? reserved_ : seq_ + seq_reserve;
  try {
    offload([&] { archive_.commit(events, reserve); });
    reserved_ = reserve;
    ++commits_;
    return true;
  } catch (const std::exception& error) {
    sentence = error.what();
    ++failed_commits_;
    return false;
  }
}

// A stranger learns nothing about the machine: the sentence names files.
Outcome Log::failure(Reason reason, const Command& command, const std::string& sentence) const {
  return {.reason = reason, .details = state_->is_operator(command.session) ? sentence : std::string()};
}

// Takes back what was not saved. A command makes either kept events or others, so the others of the batch stand.
void Log::drop_kept(Batch& batch, const std::string& sentence) {
  for (auto& pending : batch.pendings) {
    if (!pending->outcome.ok() || pending->outcome.seq == 0 || !keeps(pending->command)) continue;
    pending->outcome = failure(Reason::not_saved, pending->command, sentence);
  }
  std::erase_if(batch.events, [](const ChatEvent& event) { return event.is_kept(); });
}

void Log::publish(const std::shared_ptr<Batch>& batch) {
  events_ += batch->events.size();
  for (const ChatEvent& event : batch->events) {
    if (const std::string line = audit_line(event); !line.empty()) write_log(LogLevel::info, line);
  }
  batch->hubs = shards_.size();
  for (auto& shard : shards_) shard->queue.put(batch);
}

// --- The hubs -------------------------------------------------------------------------------------------------------

void Log::apply_all(Shard& shard) {
  while (auto batch = shard.queue.get()) {
    apply(shard, **batch);
    if ((*batch)->hubs.fetch_sub(1, std::memory_order_acq_rel) != 1) continue;
    for (const auto& pending : (*batch)->pendings) pending->done.set();  // this hub was the last
  }
}

void Log::apply(Shard& shard, const Batch& batch) {
  const TimePoint time = now();
  std::size_t applied = 0;
  for (const ChatEvent& event : batch.events) {
    try {
      shard.hub.apply(event, time);
    } catch (const std::exception& error) {
      write_log(LogLevel::error, "event " + std::to_string(event.seq) + " was not shown: " + error.what());
    }
    if (++applied % events_per_turn == 0) sleep(Duration(0));
  }
}

// --- A disk that fails ----------------------------------------------------------------------------------------------

void Log::close_rooms(const std::string& sentence) {
  set_trouble(sentence);
  if (!writable()) return;
  writable_.clear();
  write_log(LogLevel::error, "rooms are read-only: " + sentence);
  healer_ = spawn([this] { heal(); });
}

// Tries until a commit succeeds. The writer commits nothing meanwhile.
void Log::heal() {
  for (Duration pause = options_.retry_first;; pause = std::min(pause * 2, options_.retry_max)) {
    sleep(pause);
    std::string sentence;
    if (try_commit({}, sentence)) break;
    set_trouble(sentence);
  }
  set_trouble({});
  write_log(LogLevel::info, "rooms are writable again");
  writable_.set();
}

void Log::set_trouble(const std::string& sentence) {
  sched::SpinGuard guard(trouble_lock_);
  trouble_ = sentence;
}

std::string Log::trouble() const {
  sched::SpinGuard guard(trouble_lock_);
  return trouble_;
}

void Log::write_log(LogLevel level, const std::string& line) const {
  if (options_.log != nullptr) options_.log->write(level, line);
}

Log::Counters Log::counters() const noexcept { return {commands_, events_, commits_, failed_commits_}; }

}  // namespace loquat::chat
