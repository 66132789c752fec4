"""Compares `loquat wire layers --format json` with tshark, field by field. The intended differences are listed here."""
import json

import tshark

# tshark gives the whole byte for these, not the bits.
WHOLE_BYTES = {"ip.version", "ip.hdr_len", "ipv6.version", "tcp.hdr_len", "geneve.version"}
# tshark shows these as bytes; we name them.
WHAT_IT_IS = ("tcp.options.", "ipv6.opt.router_alert")
ONLY_SHOWN_AS = {"tls.handshake"}  # without a value
# tshark shows these only in answers, or not in packets that ICMP quotes.
MAY_BE_ABSENT = {"dns.flags.authoritative", "dns.flags.rcode", "dns.flags.recavail",
                 "dns.flags.authenticated"}
MAY_BE_ABSENT_IN_QUOTES = {"tcp.seq_raw", "data.data", "udp.payload", "tcp.payload"}
NOT_DECODED = {"tcp.analysis.retransmission", "tcp.analysis.out_of_order", "tcp.analysis.lost_segment",
               "tcp.analysis.keep_alive", "tcp.analysis.zero_window_probe"}
# tshark remembers the hellos and then uses another name.
OTHER_NAMES = {"tls.record.content_type": "tls.record.opaque_type"}


def expected_place(name, places, found):
    if name in WHOLE_BYTES:
        return found[0] // 8 * 8, 8
    if name == "websocket.payload" and (0, found[1]) in places:  # tshark gives the place in its unmasked copy
        return 0, found[1]
    if name == "sll.unused":  # tshark skips the first two unused bytes of version 2
        return places[0] if found[1] == 16 else found
    return found


def same_value(ours, shown):
    """`shown`: all values of fields of that name."""
    if ours.endswith((" byte", " bytes")):  # we show the number of bytes
        return True
    ours = tshark.number(ours)
    return any(ours == tshark.number(value) or (":" in value and ours == tshark.number("0x" + value.replace(":", "")))
               for value in shown)


def difference(field, layer, places, values):
    """None if tshark agrees, "" if it tells nothing that could be compared, or else what differs."""
    name = field["name"]
    if name in OTHER_NAMES and OTHER_NAMES[name] in places:
        places = {**places, name: places.get(name, []) + places[OTHER_NAMES[name]]}
        values = {**values, name: values.get(name, []) + values[OTHER_NAMES[name]]}
    found = field["bit_offset"], field["bit_length"]
    if name not in places:
        # What is data for us, tshark may know. What was sent before, or came late, it does not decode.
        again = layer["osi"] > 4 and not NOT_DECODED.isdisjoint(values)
        allowed = layer["cut"] or again or name in MAY_BE_ABSENT or name == "data.data" or (layer["quoted"] and name in MAY_BE_ABSENT_IN_QUOTES)
        return "" if allowed else "tshark has no such field here"
    if name == "dns.resp.name" and "dns.srv.target" in places:
        return ""  # tshark splits the names of SRV records
    if layer["cut"] and name.startswith(("tcp.option", "eth.", "tls.")) and found not in places[name]:
        return ""  # tshark reads no option of a truncated header, and nothing of a truncated Ethernet header or TLS record
    if expected_place(name, places[name], found) not in places[name]:
        return "another place"
    if name in values and not name.startswith(WHAT_IT_IS) and name not in ONLY_SHOWN_AS and not same_value(field["value"], values[name]):
        return "another value"
    return None


def compare(test, loquat, file, spoil=lambda frame: None):
    """Returns the names of the fields that were compared. `spoil` plants a mistake."""
    ran = tshark.run(loquat, "wire", "layers", file, "--format", "json")
    test.assertEqual((ran.returncode, ran.stderr), (0, ""))
    ours = [json.loads(line) for line in ran.stdout.splitlines()]
    theirs = tshark.fields_of(file)
    test.assertEqual(len(ours), len(theirs))
    compared = set()
    for frame, (places, values) in zip(ours, theirs):
        spoil(frame)
        where = f"{file} #{frame['n']} {frame.get('comment', '')}"
        for layer in frame["layers"]:
            for field in layer["fields"]:
                found = difference(field, layer, places, values)
                name = field["name"]
                test.assertFalse(found, (where, field, places.get(name), values.get(name)))
                if found is None:
                    compared.add(name)
    return compared
