"""The line hash GitHub knows a result by when its line moves (`primaryLocationLineHash`).

The upload action computes it where a log has none, and warns where a log has another one; who uploads through the API must bring it.
As github/codeql-action's src/fingerprints.ts does: of the hundred characters from the beginning of a line, blanks left out and every line
end one LF, a polynomial to the base 37 modulo 2^64; then how often the same value was seen in the file so far.
"""

_LENGTH = 100
_BASE = 37
_MASK = (1 << 64) - 1
_END = 65535


def line_hashes(data: bytes) -> list[str]:
    """The hash of every line; a line ends at LF, CR or both."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").replace(" ", "").replace("\t", "")
    units = text.encode("utf-16-le", "surrogatepass")
    values = [units[i] | units[i + 1] << 8 for i in range(0, len(units), 2)]
    values.append(_END)
    starts = [0, *(position + 1 for position, value in enumerate(values) if value == 0x0A)]
    values += [0] * _LENGTH
    first = pow(_BASE, _LENGTH, 1 << 64)
    rolling = 0
    for value in values[:_LENGTH]:
        rolling = (rolling * _BASE + value) & _MASK
    seen: dict[int, int] = {}
    found = []
    position = 0
    for start in starts:
        if start - position >= _LENGTH:
            position, rolling = start, 0
            for value in values[start : start + _LENGTH]:
                rolling = (rolling * _BASE + value) & _MASK
        while position < start:
            rolling = (rolling * _BASE + values[position + _LENGTH] - first * values[position]) & _MASK
            position += 1
        seen[rolling] = seen.get(rolling, 0) + 1
        found.append(f"{rolling:x}:{seen[rolling]}")
    return found
