"""Why a field of ours is not where tshark has it, or has another value: known causes, for captures_compare.py.

A cause is given only if the frame shows it: by tshark's protocols, by what it calls malformed, or by the field itself.
"""
# Protocols that are told by what the bytes look like, or by a number that others use too.
GUESSED = {"http", "tls", "dns", "smtp", "pop", "imap", "ftp", "irc", "websocket", "llc", "arp"}
BEHIND_THE_PACKET = {"eth.padding", "eth.trailer", "eth.fcs"}
# Headers that tshark reads and we do not: of links, and of tunnels.
UNREAD = {"arcnet", "capwap", "cfp", "erspan", "esp", "ieee8021ah", "juniper", "l2tp", "lwapp", "nsh", "pktap", "ppi", "radiotap",
          "teredo", "vntag", "wlan"}
KNOWN_ELSEWHERE = {"data.data", "udp.payload", "tcp.payload", "icmp.unused", "ipv6.routing.unknown_data", "ipv6.opt.unknown"}


def malformed(places, values):
    return any(name.startswith(("_ws.malformed", "_ws.short", "_ws.unreassembled")) for name in (*places, *values))


def is_file_block(values):
    """tshark shows pcapng's custom blocks as frames."""
    return "frame.cb_pen" in values


def unread(values):
    """The headers of a frame that we do not read."""
    return UNREAD & set(values.get("frame.protocols", [""])[0].split(":"))


# `n`: the field's name, `f` the field, `l` its layer, `p` and `v` tshark's places and values, `c` its protocols.
CAUSES = (
    ("which bytes behind the packet are padding, trailer and check sequence: tshark guesses",
     lambda n, f, l, p, v, c: n in BEHIND_THE_PACKET),
    ("a header that is not read by us is around it", lambda n, f, l, p, v, c: unread(v)),
    ("tshark shares these bytes out among fields that we do not know", lambda n, f, l, p, v, c: n in KNOWN_ELSEWHERE),
    ("tshark names a TCP option, or a TLS extension, by its content",
     lambda n, f, l, p, v, c: n.startswith(("tcp.option", "tls.handshake.extension.data"))),
    ("the packet is damaged, or cut: tshark stops, or reads on at another place",
     lambda n, f, l, p, v, c: malformed(p, v) or l["cut"]),
    ("mDNS: tshark takes the first bit as cache flush", lambda n, f, l, p, v, c: n == "dns.rr.udp_payload_size" and "mdns" in c),
    ("tshark reads another protocol there, or none", lambda n, f, l, p, v, c: n.split(".")[0] in GUESSED - c),
    ("an HTTP body in pieces, or headers that break the rules", lambda n, f, l, p, v, c: n.startswith("http.")),
    ("a reply of many lines: tshark shows each code once, or as a number",
     lambda n, f, l, p, v, c: n.startswith(("smtp.", "pop.", "ftp.", "irc.", "imap."))),
    ("a name or text whose bytes are no text, or none", lambda n, f, l, p, v, c: n.startswith("dns.")),
    ("a length of 0 in the header: tshark shows the one that it means",
     lambda n, f, l, p, v, c: n in ("ip.len", "ipv6.plen") and f["value"] == "0"),
    ("accurate ECN: tshark counts the three flags as one number", lambda n, f, l, p, v, c: "tcp.flags.ace" in p),
    ("the hardware is no Ethernet: tshark names the type after it", lambda n, f, l, p, v, c: n == "sll.etype"),
    ("a source route: tshark takes its last address", lambda n, f, l, p, v, c: n == "ip.dst" and any(name.endswith("route") for name in p)),
)


def cause_of(field, layer, places, values):
    """The known cause why tshark has no such field, another place or another value; None: unknown."""
    protocols = set(values.get("frame.protocols", [""])[0].split(":"))
    if protocols & {"mdns", "llmnr"}:
        protocols.add("dns")
    for name, shows in CAUSES:
        if shows(field["name"], field, layer, places, values, protocols):
            return name
    return None
