"""Names and addresses by which other machines can reach this one."""

import socket
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from pathlib import Path

IPV4_ROUTES = Path("/proc/net/fib_trie")
IPV6_CARDS = Path("/proc/net/if_inet6")


def list_names_of_this_machine() -> list[str]:
    """Return the host names and network addresses of this machine, as a Host header spells them."""
    name = socket.gethostname().lower()
    first = name.partition(".")[0]
    names = {name, first, f"{first}.local"}  # the last one by multicast DNS
    return sorted(names) + sorted(_addresses(name))


def _addresses(name: str) -> set[str]:
    """Return the addresses that the kernel lists or, if it lists none, those of the host name."""
    found = _ipv4() | _ipv6()
    if not found:
        with suppress(OSError):
            found = {str(entry[4][0]) for entry in socket.getaddrinfo(name, None)}
    usable = {ip_address(text) for text in found if "%" not in text}
    return {f"[{address}]" if address.version == 6 else str(address) for address in usable if not address.is_loopback}


def _ipv4() -> set[str]:
    """Return this machine's IPv4 addresses. The kernel's table names the kind of each address below it."""
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
