"""Which addresses of the internet a connector may be sent to: public ones, and inner ones that its list allows.

Whoever may enter an address could otherwise have the server ask its own network: the database beside it, the router,
the metadata service of a cloud that hands out keys.

Source: RFC 6890 (special-purpose addresses), RFC 6052 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo).
"""

from collections.abc import Iterable, Iterator
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

from engine.errors import Invalid

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

#: Never, whatever a list allows: nobody's service lives there, but keys and neighbours do.
_NEVER: Final[tuple[Network, ...]] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this host
        "169.254.0.0/16",  # link-local, with the metadata service of most clouds
        "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32",  # metadata services elsewhere
        "224.0.0.0/4",  # multicast
        "255.255.255.255/32",
        "::/128",
        "fd00:ec2::254/128",  # metadata
        "fe80::/10", "fec0::/10",
        "ff00::/8",
    )
)  # fmt: skip
#: Ways through which an IPv4 address is reached by an IPv6 one: refused as a whole, wherever they lead.
_PASSAGES: Final = tuple(
    IPv6Network(text)
    for text in (
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64 of a local network
        "2002::/16",  # 6to4
        "2001::/32",  # Teredo
        "::/96",  # IPv4-compatible
    )
)
#: Those of them that end with the IPv4 address.
_TRANSLATED: Final = (_PASSAGES[0], _PASSAGES[1], _PASSAGES[4])
#: Refused unless a list allows them; beside what the standard library calls not global, whose list differs by version.
_INNER: Final[tuple[Network, ...]] = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "100.64.0.0/10",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "240.0.0.0/4", "::1/128", "fc00::/7", "100::/64", "2001:db8::/32", "3fff::/20", "5f00::/16", "2001::/23",
    )
)  # fmt: skip


def refused(address: Address, allowed: Iterable[Network] = ()) -> bool:
    """Say whether nothing may be sent to an address.

    Args:
        allowed: networks of one's own that a connector may be sent to.
    """
    meant = address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
    if any(_within(each, _NEVER) for each in (meant, *_behind(meant))):
        return True
    if listed(address, allowed):
        return False
    outside = meant.is_global and not meant.is_multicast and not meant.is_reserved
    return not outside or _within(meant, _INNER) or _within(meant, _PASSAGES)


def listed(address: Address, allowed: Iterable[Network]) -> bool:
    """Say whether an address lies in one of the allowed networks."""
    meant = address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
    return _within(meant, allowed)


def read_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return networks such as `10.20.0.0/16`, or single addresses.

    Raises:
        Invalid: `network-unreadable`; one of them is neither, or so wide that it allows everything.
    """
    found = []
    for text in texts:
        try:
            network = ip_network(text.strip())
        except ValueError as error:
            raise _unreadable(text) from error
        if network.prefixlen < 8:
            raise _unreadable(text)
        found.append(network)
    return tuple(found)


def parse(text: str) -> Address:
    """Return an address as a resolver gives it, without the name of an interface."""
    return ip_address(text.partition("%")[0])


def _unreadable(text: str) -> Invalid:
    return Invalid(
        "network-unreadable",
        "{network} is no network that can be allowed. Write an address, or a network such as 10.20.0.0/16.",
        network=text.strip(),
    )


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _behind(address: Address) -> Iterator[IPv4Address]:
    """Yield the IPv4 addresses that an IPv6 address is a passage to."""
    if not isinstance(address, IPv6Address):
        return
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if _within(address, _TRANSLATED) and int(address) > 0xFFFF:
        yield IPv4Address(int(address) & 0xFFFFFFFF)
