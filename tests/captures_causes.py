"""Why tshark's labels of a TCP segment and ours differ: known causes, for captures_compare.py.

A cause is given only if tshark's own numbers show it: the facts of a frame are computed here from its fields, not taken
from us. docs/captures.md has the reasons.
"""
SYN, FIN, RST, ACK = 2, 1, 4, 16
PROBES = {"keep-alive", "keep-alive-ack", "window-probe", "window-probe-ack"}
MAX_SPANS = 200
LONGEST_GAP = 1 << 24  # bytes: an ACK of more is damaged


class Way:
    """What one end of a stream has sent, as tshark numbers it, without wrapping."""

    def __init__(self):
        self.next = None  # after the highest byte that was sent or acknowledged
        self.seen = False
        self.syn = None
        self.stray = False  # a second SYN with another number
        self.acked = None
        self.last_ack = None  # that it sent itself
        self.spans = []  # that were seen
        self.duplicates = 0  # ACKs that it sent while something was on its way to it
        self.identification = 0

    def position(self, number):
        if self.next is None:
            self.next = self.acked = (1 << 32) + number
        return self.next + (number - self.next + (1 << 31)) % (1 << 32) - (1 << 31)

    def unseen(self, begin, end):
        return max(end - begin, 0) - sum(max(min(end, right) - max(begin, left), 0) for left, right in self.spans)

    def add(self, begin, end):
        if end > begin:
            joined = [span for span in self.spans if span[0] <= end and span[1] >= begin]
            self.spans = [span for span in self.spans if span not in joined]
            self.spans.append((min([begin, *(s[0] for s in joined)]), max([end, *(s[1] for s in joined)])))
            self.spans = sorted(self.spans)[-MAX_SPANS:]
        self.next = max(self.next, end)


class Facts:
    """What one frame is beside what came before it."""

    def __init__(self, values, row, mine, peers, stream):
        self.flags = int(values["tcp.flags"][-1], 16)
        self.length = int(values.get("tcp.len", ["0"])[-1])
        self.ours = row.get("analysis", {}).get("kind", "")
        self.contradictory = stream.contradictory
        self.fragments = stream.fragments
        self.time, self.later_than = float(values["frame.time_epoch"][0]), stream.time
        self.identification = int(values.get("ip.id", ["0"])[-1], 16)
        self.first = not mine.seen
        self.told = mine.next is not None and not mine.seen  # where it goes on, by the other end's ACK
        self.stray = mine.stray
        self.at = mine.position(int(values["tcp.seq_raw"][-1]))
        self.end = self.at + self.length + bool(self.flags & SYN) + bool(self.flags & FIN)
        self.next, self.acked, self.old_id = mine.next, mine.acked, mine.identification
        self.new = mine.unseen(self.at, self.end)
        self.ack = peers.position(int(values["tcp.ack_raw"][-1])) if self.flags & ACK else None
        self.waits = peers.next is not None and peers.seen and peers.next > peers.acked
        self.acks_unseen = self.ack is not None and peers.unseen(peers.acked, self.ack) > 0
        self.peer_seen = peers.seen
        self.repeats_ack = self.ack is not None and self.ack == peers.acked and self.length == 0
        self.repeats_frame = self.ack == mine.last_ack
        self.duplicates = peers.duplicates
        rights = [int(right) for right in values.get("tcp.options.sack_re", [])]
        self.hole = self.ack is not None and any(peers.position(right) > self.ack for right in rights)
        identity = self.at, self.end, self.flags, self.ack, self.identification
        self.copy = row.get("copy_of") and abs(self.time - stream.frames.get(identity, 0)) < 0.2
        stream.frames[identity] = self.time
        self.is_stray = bool(self.flags & SYN) and mine.syn not in (None, self.at)


class Stream:
    def __init__(self):
        self.ways = {}
        self.time = 0.0
        self.frames = {}
        self.fragments = self.contradictory = False

    def facts(self, values, row):
        """Of the next frame of this stream, whose fields by tshark are `values`; `row` is ours. None: a fragment."""
        if "tcp.len" not in values:
            self.fragments = True
            return None
        mine, peers = (self.ways.setdefault(row.get(end), Way()) for end in ("src", "dst"))
        self.contradictory = self.contradictory or row.get("len", 0) != int(values["tcp.len"][-1])
        facts = Facts(values, row, mine, peers, self)
        self.note(facts, mine, peers)
        return facts

    def note(self, facts, mine, peers):
        self.time = max(self.time, facts.time)
        if facts.copy or facts.flags & RST:
            mine.last_ack = mine.last_ack if facts.ack is None else facts.ack
            return
        mine.seen = True
        if facts.flags & SYN and not facts.is_stray:
            mine.syn = facts.at
        mine.stray = mine.stray or facts.is_stray
        if not facts.is_stray:
            mine.add(facts.at, facts.end)
        if facts.end >= mine.next:
            mine.identification = facts.identification
        if facts.ack is not None:
            mine.duplicates = mine.duplicates + 1 if facts.repeats_ack and facts.waits else mine.duplicates
            if peers.acked < facts.ack < peers.next + LONGEST_GAP:
                mine.duplicates = 0
                peers.acked = facts.ack
                peers.next = max(peers.next, facts.ack)
            mine.last_ack = facts.ack


def older_id(f):
    """-1: its identification is older than that of what came before it, 1: newer, 0: it does not tell."""
    step = (f.identification - f.old_id + (1 << 15)) % (1 << 16) - (1 << 15)
    return 0 if not f.identification or not f.old_id or not 0 < abs(step) < 1000 else (step > 0) - (step < 0)


A_FRAGMENT = "a fragment, or behind one: tshark counts none of its bytes"
AGAIN = {"retransmission", "fast_retransmission", "spurious_retransmission", "out_of_order"}
# Name, labels, who says the label ("both": either), and the fact that shows it.
CAUSES = (
    ("a copy: tshark has no such word", AGAIN | {"duplicate_ack", "keep_alive", "copy"}, "both", lambda f: f.copy),
    ("a length that contradicts the frame, here or before", None, "both", lambda f: f.contradictory),
    (A_FRAGMENT, None, "both", lambda f: f.fragments),
    ("a RST is no retransmission", AGAIN, "tshark", lambda f: f.flags & RST),
    ("a second SYN,ACK with another number: the connection goes on with the first", None, "tshark",
     lambda f: f.is_stray or f.stray),
    ("a SYN begins its direction: nothing before it is missing", {"lost_segment", "reused_ports"}, "tshark",
     lambda f: f.flags & SYN),
    ("the ACK of a RST, or a challenge ACK, is not believed", {"ack_lost_segment"}, "tshark",
     lambda f: f.flags & RST or f.ours == "challenge-ack"),
    ("what it repeats was not acknowledged yet: a late ACK, no keep-alive", {"keep_alive"}, "tshark", lambda f: f.acked < f.next),
    ("the file goes back in time", AGAIN, "both", lambda f: f.time < f.later_than),
    ("nothing was on its way, so the ACK asks for nothing (RFC 5681 s.2)", {"duplicate_ack"}, "tshark", lambda f: not f.waits),
    ("a keep-alive, by the number that the other end acknowledges", {"duplicate_ack", "keep_alive"}, "both",
     lambda f: f.ours in PROBES),
    ("a duplicate ACK with SACK may have another window (RFC 6675 s.2)", {"duplicate_ack"}, "loquat", lambda f: f.hole),
    ("repeats the highest ACK; tshark compares with the frame before it, which came late", {"duplicate_ack"}, "loquat",
     lambda f: f.repeats_ack and not f.repeats_frame),
    ("its bytes were seen before: not overtaken, however soon it comes", {"out_of_order", "retransmission"}, "both",
     lambda f: f.new < f.end - f.at),
    ("the IP identification tells in which order they were sent", AGAIN, "both", lambda f: older_id(f) != 0),
    ("SYN and FIN, too, can be acknowledged already", {"spurious_retransmission", "retransmission"}, "both",
     lambda f: f.flags & (SYN | FIN) and f.end <= f.acked),
    ("acknowledged already, by an ACK before the last one", {"spurious_retransmission", "retransmission"}, "both",
     lambda f: f.end <= f.acked),
    ("fewer than two ACKs asked for it while something was on its way", {"fast_retransmission", "retransmission"}, "both",
     lambda f: f.duplicates < 2),
    ("asked for within 100 ms; tshark allows 20 ms", {"fast_retransmission", "retransmission"}, "both",
     lambda f: f.duplicates >= 2 and f.at == f.acked),
    ("its bytes are in the capture, or an ACK before it told of them", {"ack_lost_segment"}, "tshark", lambda f: not f.acks_unseen),
    ("more bytes that the capture does not have; tshark says it once", {"ack_lost_segment"}, "loquat",
     lambda f: f.acks_unseen and f.peer_seen),
    ("an ACK before it told of them", {"lost_segment"}, "tshark", lambda f: f.at <= f.next),
    ("the first of its direction, and the other end's ACK tells where it should begin", {"lost_segment"}, "loquat",
     lambda f: f.told),
)


def cause_of(label, ours, facts):
    """The known cause why one of the two says `label` and the other does not; None: unknown."""
    who = "loquat" if ours else "tshark"
    if facts is None:
        return A_FRAGMENT
    for name, labels, says, shows in CAUSES:
        if says in ("both", who) and (labels is None or label in labels) and shows(facts):
            return name
    return None
