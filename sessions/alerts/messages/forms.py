"""The forms of a message: a signed webhook, a message of Slack, a card of Teams, and a letter.

Texts are escaped as each receiver asks: nothing in a name or a quote becomes a link, a mention or a format."""

import base64
import hmac
import re
import time
from collections.abc import Mapping
from typing import Any

import orjson

from projects.accounts.letters import Letter
from projects.accounts.mail import LINK_LIKE
from sessions.alerts.messages.content import AlertMessage

SECRET_PREFIX = "whsec_"  # of the secrets of Standard Webhooks
SLACK_SPECIAL = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# Of Slack's mrkdwn: an invisible word joiner before each keeps them from becoming formats.
SLACK_FORMATS = re.compile(r"([*_~`])")
WORD_JOINER = "\u2060"
WHY_MAIL = "You get this because a channel of alerts in the project {project} names you."


def webhook(message: AlertMessage, secret: str) -> tuple[bytes, dict[str, str]]:
    """Return body and headers of a webhook, signed as Standard Webhooks asks."""
    body = orjson.dumps(message.data)
    stamp = str(int(time.time()))
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = hmac.digest(key, f"{message.id}.{stamp}.".encode() + body, "sha256")
    return body, {
        "content-type": "application/json",
        "webhook-id": message.id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }


def slack(message: AlertMessage) -> tuple[bytes, dict[str, str]]:
    """Return body and headers for an incoming webhook of Slack."""
    label, address = message.button
    lines = [slack_text(text) for text in message.words]
    lines += [f"• <{slack_link(one.address)}|{slack_text(one.text) or 'a session'}>" for one in message.quoted]
    body = {
        "text": slack_text(message.title),
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": f"*{slack_text(message.title)}*"}},
            {"type": "section", "text": {"type": "mrkdwn", "text": "\n".join(lines)[:2_900]}},
            {
                "type": "actions",
                "elements": [{"type": "button", "text": {"type": "plain_text", "text": label}, "url": address}],
            },
        ],
        "unfurl_links": False,
    }
    return orjson.dumps(body), {"content-type": "application/json"}


def slack_text(text: str) -> str:
    """Return a text in which Slack finds no link, mention or format."""
    return SLACK_FORMATS.sub(rf"{WORD_JOINER}\1", text.translate(SLACK_SPECIAL))


def slack_link(address: str) -> str:
    """Return an address as it stands in a link of Slack."""
    return address.translate(SLACK_SPECIAL).replace("|", "%7C")


def teams(message: AlertMessage) -> tuple[bytes, dict[str, str]]:
    """Return body and headers for a workflow of Teams: an adaptive card, whose runs of text know no formats."""
    label, address = message.button
    texts = [*message.words, *(one.text for one in message.quoted)]
    card: Mapping[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [_run(message.title, size="Medium", weight="Bolder"), *(_run(text) for text in texts)],
        "actions": [{"type": "Action.OpenUrl", "title": label, "url": address}],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return orjson.dumps({"type": "message", "attachments": [attachment]}), {"content-type": "application/json"}


def letter(message: AlertMessage) -> Letter:
    """Return the message as a mail. What a mail program could make a link of is not quoted."""
    quotes = [f"“{one.text}”" for one in message.quoted if one.text and not LINK_LIKE.search(one.text)]
    return Letter(
        subject=" ".join(message.title.split()),
        title=message.title,
        words=[*message.words, *quotes],
        button=message.button,
        notes=[f"Change this alert: {message.alerts_address}"],
        why=WHY_MAIL.format(project=message.project.name),
    )


def _run(text: str, **look: str) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **look}]}
