// commands.h - the IRC commands, one function each.
//
// A function answers in IrcCall::reply, or submits commands to the log by IrcSession::submit(). It may wait.
//
// Layer: doors (docs/layers.txt).  Source: RFC 2812 s.3, modern.ircdocs.horse; IRCv3 chathistory, capability
// negotiation.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "chat/command.h"
#include "chat/event.h"
#include "chat/hub.h"
#include "doors/irc/session.h"

namespace loquat::doors {

struct IrcCommand {
  std::string_view name;
  std::size_t min_params;  // fewer: ERR_NEEDMOREPARAMS
  bool early;              // allowed before registration
  bool ordered;            // goes through the log, so earlier commands need not be settled
  void (*run)(IrcCall& call);
};

// Ignores the case of `name`; nullptr if there is no such command.
const IrcCommand* find_irc_command(std::string_view name) noexcept;

constexpr std::size_t max_targets = 4;  // of a message: ISUPPORT TARGMAX

// What a line of the session `self` counts for when a flood is slowed: shown to others, one for each target or room in
// which there are others, and two for a change of nick; asked, two for what may be answered with many lines and one
// otherwise; PONG and QUIT count for nothing. A JOIN is asked, one for each room: a client that comes back enters all
// its rooms at once, and it cannot enter a room again without a PART.  Source: ngircd's and UnrealIRCd's penalties.
LineCost irc_cost(const codec::IrcMessage& message, const chat::Hub& hub, chat::SessionId self);

// registration.cc
void irc_cap_command(IrcCall& call);
void irc_nick(IrcCall& call);
void irc_user(IrcCall& call);
void irc_pass(IrcCall& call);
void irc_resume(IrcCall& call);
void irc_ping(IrcCall& call);
void irc_pong(IrcCall& call);
void irc_quit(IrcCall& call);

// channels.cc
void irc_join(IrcCall& call);
void irc_part(IrcCall& call);
void irc_topic(IrcCall& call);
void irc_names(IrcCall& call);
void irc_list(IrcCall& call);
void irc_mode(IrcCall& call);
void add_topic(const chat::Room& room, IrcReply& reply, bool say_none);
void add_names(const chat::Room& room, unsigned caps, IrcReply& reply);

// operators.cc: with the operator key
void irc_oper(IrcCall& call);
void irc_kick(IrcCall& call);
void irc_kill(IrcCall& call);

// bans.cc: with the operator key, too
void irc_kline(IrcCall& call);
void irc_unkline(IrcCall& call);
// MODE #room with `b` alone: changes or lists the bans.
void change_bans(IrcCall& call, const std::string& room);

// messages.cc
void irc_privmsg(IrcCall& call);
void irc_notice(IrcCall& call);
void irc_tagmsg(IrcCall& call);

// who.cc
void irc_who(IrcCall& call);

// people.cc
void irc_whois(IrcCall& call);
void irc_whowas(IrcCall& call);
void irc_away(IrcCall& call);
void irc_ison(IrcCall& call);
void irc_userhost(IrcCall& call);
// A person's user and host, as others see them.
struct UserHost {
  std::string user, host;
};
UserHost user_host(std::string_view origin);
// The address, for operators; 255.255.255.255 stands for one that is not shown. No word of a line begins with a colon.
std::string address_for(const IrcCall& call, const chat::Person& person);
// What the person gave, or its nick.
std::string_view real_name(const chat::Person& person);
void add_away(const chat::Person& person, IrcReply& reply);

// queries.cc
void irc_motd(IrcCall& call);
void irc_lusers(IrcCall& call);
void irc_version(IrcCall& call);
void irc_time_command(IrcCall& call);
void add_welcome(IrcSession& client, IrcReply& reply);

// history.cc
void irc_chathistory(IrcCall& call);
// history_targets.cc: CHATHISTORY TARGETS.
void irc_chathistory_targets(IrcCall& call);
// Reads how many lines or targets are asked for, at most `max_limit`. False if `text` is no such number.
bool parse_history_limit(std::string_view text, std::size_t max_limit, std::size_t& limit);
// The last `n` lines of the room up to `up_to`, but after `seq`.
std::vector<chat::ChatEvent> irc_latest(chat::Archive& archive, const std::string& room, std::size_t n, chat::Seq up_to,
                                        chat::Seq seq = 0);
void add_history(const std::vector<chat::ChatEvent>& events, const std::string& room, IrcSession& client,
                 IrcReply& reply);

// errors.cc: answers a refused command.
void explain(const chat::Ticket& ticket, unsigned caps, IrcReply& reply);

// A client's text made fit for display: without control characters, cut to `max_size` bytes.
std::string shown_text(std::string_view text, std::size_t max_size);
// "a,b,c" in parts, without empty ones and without a name that was there before, in whatever case.
std::vector<std::string> parts_of(std::string_view list);

}  // namespace loquat::doors
