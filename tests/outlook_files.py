"""Write messages as Outlook saves them: an OLE file of properties."""

import struct
from datetime import UTC, datetime

_FREE, _END, _TABLE, _NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF


def write_ole(tree):
    """The bytes of an OLE file of folders, each a dictionary, and streams."""
    sectors, chains, short, short_chains, entries = [], [], [], [], []

    def store(content, pieces, links, size):
        first = len(pieces)
        pieces += [content[start : start + size].ljust(size, b"\0") for start in range(0, len(content), size)]
        links += [*range(first + 1, len(pieces)), *([_END] if content else [])]
        return first if content else _END

    def add(name, node, kind):
        position = len(entries)
        entries.append([name, kind, _NONE, _NONE, _END, 0])
        if isinstance(node, dict):
            children = [add(child, each, 1 if isinstance(each, dict) else 2) for child, each in node.items()]
            entries[position][3] = children[0] if children else _NONE
            for before, after in zip(children, children[1:], strict=False):
                entries[before][2] = after
        else:
            where = (short, short_chains, 64) if len(node) < 4096 else (sectors, chains, 512)
            entries[position][4:] = store(node, *where), len(node)
        return position

    add("Root Entry", tree, 5)
    entries[0][4:] = store(b"".join(short), sectors, chains, 512), 64 * len(short)
    directory = b"".join(
        struct.pack(
            "<64sHBBIII36xIQ", f"{name}\0".encode("utf-16-le"), 2 * len(name) + 2, kind, 1, _NONE, right, child, *place
        )
        for name, kind, right, child, *place in entries
    )
    starts = [
        store(content, sectors, chains, 512)
        for content in (directory, struct.pack(f"<{len(short_chains)}I", *short_chains))
    ]
    tables = next(count for count in range(1, 110) if 128 * count >= len(chains) + count)
    places = list(range(len(sectors), len(sectors) + tables))
    chains += [_TABLE] * tables + [_FREE] * (128 * tables - len(chains) - tables)
    sectors.append(struct.pack(f"<{len(chains)}I", *chains))
    head = struct.pack(
        "<8s16x5H6x9I109I", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6, 0, tables, starts[0], 0, 4096,
        starts[1], (len(short_chains) + 127) // 128, _END, 0, *places, *[_FREE] * (109 - tables),
    )  # fmt: skip
    return head + b"".join(sectors)


def message_tree(properties, *, recipients=(), attachments=(), head=32):
    """A message as folders and streams.

    Args:
        properties: Their values by their numbers: text, bytes, numbers, times in UTC; by a pair of number and None text in bytes.
        recipients: The properties of each.
        attachments: Those of each; a message, as this function returns it, by the number 0x3701.
        head: Bytes before the table of properties; 24 for a message within another.
    """
    tree, rows = {}, []
    for key, value in properties.items():
        number = key[0] if isinstance(key, tuple) else key
        if isinstance(value, dict):
            kind, held = 0x000D, bytes(8)
            tree[f"__substg1.0_{number:04X}000D"] = value
        elif isinstance(value, (str, bytes)):
            kind = 0x001F if isinstance(value, str) else 0x001E if isinstance(key, tuple) else 0x0102
            content = value.encode("utf-16-le") if isinstance(value, str) else value
            tree[f"__substg1.0_{number:04X}{kind:04X}"] = content
            held = struct.pack("<II", len(content), 0)
        elif isinstance(value, datetime):
            kind = 0x0040
            held = struct.pack("<Q", int((value - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10_000_000)
        else:
            kind, held = 0x0003, struct.pack("<II", value, 0)
        rows.append(struct.pack("<HHI", kind, number, 6) + held)
    tree["__properties_version1.0"] = bytes(head) + b"".join(rows)
    for kind, items in (("recip", recipients), ("attach", attachments)):
        for number, item in enumerate(items):
            tree[f"__{kind}_version1.0_#{number:08X}"] = message_tree(item, head=8)
    return tree


def make_msg(properties, **more):
    """The bytes of a message; arguments as for `message_tree`."""
    return write_ole(
        {**message_tree(properties, **more), "__nameid_version1.0": {"__substg1.0_00030102": more_names()}}
    )


def more_names():
    """The table that gives the place, the start and the end of an appointment the numbers 0x8000 to 0x8002."""
    return b"".join(struct.pack("<IHH", number, 6, place) for place, number in enumerate((0x8208, 0x820D, 0x820E)))
