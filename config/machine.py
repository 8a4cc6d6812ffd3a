"""The names and addresses by which other machines may call this one."""

import socket
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from pathlib import Path

IPV4_ROUTES = Path("/proc/net/fib_trie")
IPV6_CARDS = Path("/proc/net/if_inet6")


def names_of_this_machine() -> list[str]:
    """Return its host names and the addresses of its network cards, as a Host header spells them."""
    name = socket.gethostname().lower()
    first = name.partition(".")[0]
    names = {name, first, f"{first}.local"}  # the last one by multicast DNS
    return sorted(names) + sorted(_addresses(name))


def _addresses(name: str) -> set[str]:
    """Return those that the kernel lists, or that the host name stands for where it lists none."""
    found = _ipv4() | _ipv6()
    if not found:
        with suppress(OSError):
            found = {str(entry[4][0]) for entry in socket.getaddrinfo(name, None)}
    usable = {ip_address(text) for text in found if "%" not in text}
    return {f"[{address}]" if address.version == 6 else str(address) for address in usable if not address.is_loopback}


def _ipv4() -> set[str]:
    """Return the local ones: below each address of the kernel's tree stands what it is."""
    found, address = set[str](), ""
    with suppress(OSError):
        for line in IPV4_ROUTES.read_text().splitlines():
            words = line.split()
            if words[0] == "|--":
                address = words[1]
            elif words == ["/32", "host", "LOCAL"]:
                found.add(address)
    return found


def _ipv6() -> set[str]:
    found = set[str]()
    with suppress(OSError):
        for line in IPV6_CARDS.read_text().splitlines():
            found.add(str(IPv6Address(int(line.split()[0], 16))))
    return found
