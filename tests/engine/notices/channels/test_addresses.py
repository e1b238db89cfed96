"""Where a connector may be sent to, and where never."""

from ipaddress import ip_address

import pytest

from engine.errors import Invalid
from engine.notices.channels.addresses import read_networks, refused

INNER = [
    "127.0.0.1", "127.8.9.10", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "100.64.0.1",  # shared address space, RFC 6598
    "192.0.2.7", "198.18.0.1", "203.0.113.9", "240.0.0.1", "192.88.99.1",
    "::1", "fc00::1", "fd12:3456::1", "2001:db8::1", "100::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:192.168.1.1",  # IPv4-mapped
    "64:ff9b::10.0.0.1", "64:ff9b::8.8.8.8", "64:ff9b:1::10.0.0.1",  # NAT64, wherever it leads
    "2002:0a00:0001::1", "2002:0808:0808::1",  # 6to4 of 10.0.0.1, of 8.8.8.8
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",  # Teredo
    "::8.8.8.8",  # IPv4-compatible
]  # fmt: skip
NEVER = [
    "0.0.0.0", "0.1.2.3",
    "169.254.169.254", "169.254.0.1",  # the metadata service of a cloud, and its neighbours
    "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254",  # the same elsewhere
    "224.0.0.1", "239.255.255.255", "255.255.255.255",
    "::", "fe80::1", "fec0::1", "ff02::1", "::ffff:169.254.169.254",
    "64:ff9b::169.254.169.254", "2002:a9fe:a9fe::1",  # link-local behind NAT64, behind 6to4
]  # fmt: skip
PUBLIC = ["8.8.8.8", "223.5.5.5", "2400:3200::1", "2606:4700:4700::1111", "::ffff:8.8.8.8"]
EVERYTHING = read_networks(
    ["0.0.0.0/8", "10.0.0.0/8", "100.0.0.0/8", "127.0.0.0/8", "168.0.0.0/8", "169.0.0.0/8", "172.0.0.0/8",
     "192.0.0.0/8", "198.0.0.0/8", "203.0.0.0/8", "224.0.0.0/8", "239.0.0.0/8", "240.0.0.0/8", "255.0.0.0/8",
     "::/8", "100::/8", "2000::/8", "64::/16", "fc00::/8", "fd00::/8", "fe00::/8", "ff00::/8"]
)  # fmt: skip


@pytest.mark.parametrize("address", [*INNER, *NEVER])
def test_what_is_not_public_is_refused(address: str) -> None:
    assert refused(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_not(address: str) -> None:
    assert not refused(ip_address(address))


@pytest.mark.parametrize("address", INNER)
def test_an_inner_network_can_be_allowed(address: str) -> None:
    assert not refused(ip_address(address), EVERYTHING)


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_no_list_allows(address: str) -> None:
    assert refused(ip_address(address), EVERYTHING)


def test_a_list_allows_its_networks_only() -> None:
    allowed = read_networks(["10.20.0.0/16", "192.168.1.9"])
    assert not refused(ip_address("10.20.3.4"), allowed)
    assert not refused(ip_address("192.168.1.9"), allowed)
    assert not refused(ip_address("::ffff:10.20.3.4"), allowed)
    assert refused(ip_address("10.21.3.4"), allowed)
    assert refused(ip_address("64:ff9b::10.20.3.4"), allowed)


@pytest.mark.parametrize("text", ["inner.example", "10.20.0.1/16", "10.0.0.0/33", "", "0.0.0.0/0", "::/0"])
def test_a_network_that_is_none_is_named(text: str) -> None:
    with pytest.raises(Invalid, match="no network"):
        read_networks([text])
