"""From where a request comes, as the limits and the login count it."""

from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from rest_framework.throttling import BaseThrottle

SUBSCRIBER = 64  # bits of an IPv6 address that tell one from another; of the rest each has all to choose from


def address_of(request: Any) -> str:
    """The client's, as the outermost of our own proxies saw it (PROXIES); where it says none, who called us.

    Some proxies say the port, too, which is another one for each connection. Of IPv6 it is the first address of the
    client's network.
    """
    said = BaseThrottle().get_ident(request) or ""
    try:
        return _counted(said)
    except ValueError:
        pass
    try:
        return _counted(urlsplit(f"//{said}").hostname or "")
    except ValueError:
        return str(request.META.get("REMOTE_ADDR", ""))


def _counted(text: str) -> str:
    """Raises ValueError where the text is no address."""
    address = ip_address(text)
    if isinstance(address, IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or ip_network((address, SUBSCRIBER), strict=False).network_address)
