"""Lines for the terminal after a first start. Secrets are shown only while nobody else can know them."""

from projects.accounts.sign_in_links import link_for
from projects.first_start import Started


def welcome(started: Started) -> list[str]:
    """Return the lines, with an empty one at the end.

    Return no line if the owner has signed in before and the keys are not new."""
    owner = started.owner
    lines = []
    if owner.last_login is None:
        lines.append(f"  E-mail       {owner.email}")
    if owner.last_login is None and not owner.has_usable_password():
        lines.append(f"  Sign in      {link_for(owner)} (works once)")
    if started.secret_key:
        lines.append(f"  Public key   {started.public_key}")
        lines.append(f"  Secret key   {started.secret_key} (shown only now)")
    return [*lines, ""] if lines else []
