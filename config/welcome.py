"""What a person needs after the first start; secrets are told only while nobody else can know them."""

from projects.accounts.sign_in_links import link_for
from projects.first_start import Started


def welcome(started: Started) -> list[str]:
    """Lines for the terminal, closed by an empty one; none once the owner has come in and the keys are known."""
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
