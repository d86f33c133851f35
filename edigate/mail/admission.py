"""What one peer may take: connections, failed logins and memory, counted for all listeners of a
process.

Must not know protocols; SMTP and POP3 ask it and answer their peer themselves.
"""

import ipaddress
import time
from collections import Counter, OrderedDict, deque

_REMEMBERED_PEERS = 10_000


def network_of(peer: str) -> str:
    """The unit that limits count: an IPv4 address, or the /64 of an IPv6 address (one customer
    holds all of it)."""
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return peer
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def is_loopback(peer: str) -> bool:
    """Whether the peer is on this machine, where a login without TLS is allowed."""
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback


class Connections:
    """Counts open connections, in all and per peer."""

    def __init__(self, total: int = 200, per_peer: int = 20) -> None:
        self.total = total
        self.per_peer = per_peer
        self._open: Counter[str] = Counter()

    def limit(self, total: int, per_peer: int) -> None:
        """Other limits from now on; connections that are open stay."""
        self.total, self.per_peer = total, per_peer

    def enter(self, peer: str) -> bool:
        """Count a connection in; False (and not counted) when there are too many."""
        key = network_of(peer)
        if self._open.total() >= self.total or self._open[key] >= self.per_peer:
            return False
        self._open[key] += 1
        return True

    def leave(self, peer: str) -> None:
        """Count a connection out."""
        key = network_of(peer)
        self._open[key] -= 1
        if self._open[key] <= 0:
            del self._open[key]


class Failures:
    """Failed logins per peer within a sliding window; a peer over the limit is refused, whatever
    its password."""

    def __init__(self, limit: int = 20, window: float = 900.0) -> None:
        self.limit = limit
        self.window = window
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def blocked(self, peer: str) -> bool:
        """Whether the peer has failed too often of late."""
        times = self._times.get(network_of(peer))
        if not times:
            return False
        oldest = time.monotonic() - self.window
        while times and times[0] < oldest:
            times.popleft()
        return len(times) >= self.limit

    def add(self, peer: str) -> None:
        """Remember a failure."""
        key = network_of(peer)
        times = self._times.setdefault(key, deque(maxlen=self.limit))
        times.append(time.monotonic())
        self._times.move_to_end(key)
        while len(self._times) > _REMEMBERED_PEERS:
            self._times.popitem(last=False)


class Memory:
    """Bytes of mail that are being received at this moment, over all connections."""

    def __init__(self, limit: int = 512 * 2**20) -> None:
        self.limit = limit
        self.used = 0

    def take(self, octets: int) -> bool:
        """Reserve; False (and nothing reserved) when it would exceed the limit."""
        if self.used + octets > self.limit:
            return False
        self.used += octets
        return True

    def give_back(self, octets: int) -> None:
        """Free what was reserved."""
        self.used -= octets
