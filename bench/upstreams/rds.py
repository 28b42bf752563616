"""What R's saveRDS writes (version 3, XDR) for the three values that CRAN has: a character matrix, data frames of file.info,
and a named list of these. As bytes without compression."""

import struct

HEADER = b"X\n" + struct.pack(">iiii", 3, 0x040600, 0x030500, 5) + b"UTF-8"
END = struct.pack(">i", 0xFE)
NA = struct.pack(">ii", 9, -1)


def text(value):
    if value is None:
        return NA
    data = value.encode()
    return struct.pack(">ii", 0x40009 if data.isascii() else 0x8009, len(data)) + data


def strings(values, flags=0x10):
    return struct.pack(">ii", flags, len(values)) + b"".join(map(text, values))


class Writer:
    """Symbols are written once, and referred to after that."""

    def __init__(self):
        self.symbols, self.parts = {}, [HEADER]

    def tag(self, name):
        if name in self.symbols:
            found = struct.pack(">i", (self.symbols[name] << 8) | 0xFF)
        else:
            self.symbols[name] = len(self.symbols) + 1
            found = struct.pack(">i", 1) + text(name)
        return struct.pack(">i", 0x402) + found

    def add(self, data):
        self.parts.append(data)

    def of_class(self, flags, form, values, *classes):
        self.add(struct.pack(">ii", flags, len(values)) + struct.pack(f">{len(values)}{form}", *values))
        self.add(self.tag("class") + strings(classes) + END)

    def file_info(self, names, sizes, times):
        """A data frame as file.info gives it."""
        count = len(names)
        self.add(struct.pack(">ii", 0x313, 10))
        self.add(struct.pack(">ii", 0xE, count) + struct.pack(f">{count}d", *sizes))
        self.add(struct.pack(">ii", 0xA, count) + struct.pack(f">{count}i", *[0] * count))
        self.of_class(0x30D, "i", [0o644] * count, "octmode")
        for _ in range(3):
            self.of_class(0x30E, "d", times, "POSIXct", "POSIXt")
        for _ in range(2):
            self.add(struct.pack(">ii", 0xD, count) + struct.pack(f">{count}i", *[1001] * count))
        for _ in range(2):
            self.add(strings(["cran"] * count))
        self.add(self.tag("names") + strings(["size", "isdir", "mode", "mtime", "ctime", "atime", "uid", "gid", "uname", "grname"]))
        self.add(self.tag("class") + strings(["data.frame"]))
        self.add(self.tag("row.names") + strings(names) + END)

    def bytes(self):
        return b"".join(self.parts)


def current(names, sizes, times):
    writer = Writer()
    writer.file_info(names, sizes, times)
    return writer.bytes()


def archive(packages):
    """packages: pairs of a name and (names, sizes, times) of its files."""
    writer = Writer()
    writer.add(struct.pack(">ii", 0x213, len(packages)))
    for _, files in packages:
        writer.file_info(*files)
    writer.add(writer.tag("names") + strings([name for name, _ in packages]) + END)
    return writer.bytes()


def matrix(names, columns):
    """columns: {name: values}; names are those of the rows."""
    writer = Writer()
    writer.add(strings([value for values in columns.values() for value in values], 0x210))
    writer.add(writer.tag("dim") + struct.pack(">iiii", 0xD, 2, len(names), len(columns)))
    writer.add(writer.tag("dimnames") + struct.pack(">ii", 0x13, 2) + strings(names) + strings(list(columns)) + END)
    return writer.bytes()
