"""Hand-made captures for the tests of `loquat wire show`: Ethernet, VLAN, raw IPv6, in pcap and pcapng."""
import struct

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
ETHERNET, RAW = 1, 101


def tcp(source, destination, seq, ack, flags, payload=b"", window=64240, vlan=False):
    """A frame from ("10.0.0.1", 40000) to another; IPv6 addresses as bytes of 16. Checksums are 0."""
    (src, srcport), (dst, dstport) = source, destination
    segment = struct.pack(">HHIIBBHHH", srcport, dstport, seq % 2**32, ack % 2**32, 5 << 4, flags, window, 0, 0) + payload
    if isinstance(src, bytes):
        packet = struct.pack(">IHBB", 6 << 28, len(segment), 6, 64) + src + dst + segment
        kind = 0x86DD
    else:
        four = [bytes(int(part) for part in address.split(".")) for address in (src, dst)]
        packet = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0, 64, 6, 0) + b"".join(four) + segment
        kind = 0x0800
    tag = struct.pack(">HH", 0x8100, 7) if vlan else b""
    return b"\x02" * 6 + b"\x04" * 6 + tag + struct.pack(">H", kind) + packet


def conversation(client, server, isn=1000, peer=5000, syn=True, payload=b"hello", vlan=False):
    """Handshake, data, its ACK, and a close by four segments."""
    def up(seq, ack, flags, data=b""):
        return tcp(client, server, isn + seq, peer + ack if flags & ACK else 0, flags, data, vlan=vlan)

    def down(seq, ack, flags):
        return tcp(server, client, peer + seq, isn + ack, flags, vlan=vlan)
    end = 1 + len(payload)
    frames = [up(0, 0, SYN), down(0, 1, SYN | ACK), up(1, 1, ACK)] if syn else []
    return frames + [up(1, 1, PSH | ACK, payload), down(1, end, ACK), up(end, 1, FIN | ACK), down(1, end + 1, ACK),
                     down(1, end + 1, FIN | ACK), up(end + 1, 2, ACK)]


def pcap(frames, link=ETHERNET, snaplen=65535):
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, snaplen, link)
    for n, frame in enumerate(frames):
        out += struct.pack("<IIII", 1700000000, 1000 * n, min(len(frame), snaplen), len(frame)) + frame[:snaplen]
    return out


def block(kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def option(code, value):
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def pcapng(frames, name=b"eth0", comments=()):
    out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    out += block(1, struct.pack("<HHI", ETHERNET, 0, 0) + option(2, name) + option(0, b""))
    for n, frame in enumerate(frames):
        comment = option(1, comments[n]) + option(0, b"") if n < len(comments) else b""
        padded = frame + bytes(-len(frame) % 4)
        out += block(6, struct.pack("<IIIII", 0, 0, 1000 * n, len(frame), len(frame)) + padded + comment)
    return out
