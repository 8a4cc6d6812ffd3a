"""The status page, for people who may use the operator's admin, and its tests of mail and of the storage of files."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from config.installation import readings
from config.installation.facts import FactState, worst
from config.installation.status import read_status
from projects.access import operator_view, person
from projects.accounts.letters import Letter, message_of
from projects.masking import masked

MAX_ERROR_CHARACTERS = 300
TEST_LETTER = Letter(
    subject="Mail works",
    title="Mail works.",
    words=["This installation of Confab can send mail to this address."],
    why="You get this because you asked for it on the status page.",
)


@require_safe
@operator_view
def status(request: HttpRequest) -> HttpResponse:
    """Show what is known about the installation, and first what needs somebody."""
    groups = read_status()
    facts = [fact for group in groups for fact in group.facts]
    context = {
        "groups": groups,
        "faults": [fact for fact in facts if fact.state != FactState.FINE],
        "state": worst(facts),
        "section": "status",
    }
    return render(request, "settings/status.html", {"status": context, "section": "status"})


@require_POST
@operator_view
def send_test_mail(request: HttpRequest) -> HttpResponse:
    """Send a letter to the person who asks."""
    address = person(request).email
    try:
        message_of(TEST_LETTER, address).send()
    except Exception as error:  # of any server, in any way
        messages.error(request, f"The mail was not sent. {_words_of(error)}")
    else:
        messages.success(request, f"A mail to {address} was handed over. Check that it arrives.")
    return redirect("status")


@require_POST
@operator_view
def try_storage(request: HttpRequest) -> HttpResponse:
    """Write a file where files of traces are, read it, and delete it."""
    try:
        milliseconds = readings.try_storage()
    except Exception as error:  # of any storage, in any way
        messages.error(request, f"The storage does not work. {_words_of(error)}")
    else:
        messages.success(request, f"A file was written, read and deleted in {milliseconds} ms.")
    return redirect("status")


def _words_of(error: Exception) -> str:
    return masked(f"{type(error).__name__}: {error}")[:MAX_ERROR_CHARACTERS]
