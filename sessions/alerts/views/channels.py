"""The page of channels, with the messages that went to them."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from projects.access import people_of, person, project_view, requires
from projects.audit import Action, record
from projects.htmx import PageRequest
from projects.jobs.slices import wake
from projects.models import Project, Role
from sessions.alerts import channels, delivering
from sessions.alerts.page import KIND_ICONS
from sessions.alerts.refusals import AlertRefused
from sessions.alerts.telling import DELIVERIES
from sessions.models import AlertChannel, AlertDelivery
from sessions.models.alerts import MAX_ALERT_NAME_CHARACTERS

SHOWN_DELIVERIES = 100
FIELD = {"class": "field", "autocomplete": "off"}


class ChannelForm(forms.Form):
    """Name, kind and receivers of a channel."""

    name = forms.CharField(max_length=MAX_ALERT_NAME_CHARACTERS, widget=forms.TextInput(FIELD))
    kind = forms.ChoiceField(choices=AlertChannel.Kind.choices, widget=forms.Select(FIELD))
    url = forms.CharField(
        required=False,
        label="Address",
        max_length=channels.MAX_CHANNEL_URL_CHARACTERS,
        widget=forms.TextInput(FIELD | {"placeholder": "https://"}),
        help_text=(
            "Your webhook’s, or the one that Slack or Teams gave you. It is stored encrypted and never shown again."
        ),
    )
    user_ids = forms.TypedMultipleChoiceField(
        required=False,
        coerce=int,
        label="Members",
        widget=forms.CheckboxSelectMultiple,
        help_text="For e-mail. Choose nobody to tell everybody.",
    )

    def __init__(self, project: Project, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        people: Any = self.fields["user_ids"]
        people.choices = [(one.pk, one.name or one.email) for one in people_of(project.pk)]


@require_http_methods(["GET", "HEAD", "POST"])
@project_view
@requires(Role.MEMBER)
def alert_channels(request: PageRequest, project: Project) -> HttpResponse:
    """Show the channels and what was sent to them; make the one that is posted."""
    form = ChannelForm(project, request.POST if request.method == "POST" else None)
    secret = ""
    if form.is_bound and form.is_valid():
        try:
            made, secret = channels.create(project, form.cleaned_data, by=person(request))
        except AlertRefused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            if not secret:
                messages.success(request, f"The channel “{made.name}” is ready. Test it.")
                return redirect("alert-channels", project.pk)
            form = ChannelForm(project)
    rows = AlertChannel.objects.for_project(project).order_by("name")
    context = {
        "project": project, "section": "alerts", "form": form, "secret": secret, "deliveries": _deliveries(project),
        "channels": [(one, KIND_ICONS[AlertChannel.Kind(one.kind)]) for one in rows],
    }  # fmt: skip
    return render(request, "sessions/alerts/channels.html", context, status=400 if form.errors else 200)


@require_POST
@project_view
@requires(Role.MEMBER)
def test_channel(request: PageRequest, project: Project, channel_id: UUID) -> HttpResponse:
    """Send a test at once, and say whether it arrived."""
    channel = _channel(project, channel_id)
    results = []
    for one in channels.test(project, channel, by=person(request)):
        if one.lease():
            delivering.attempt(project, one)
        one.refresh_from_db(from_queryset=one.row)
        results += [str(tried["error"]) for tried in one.attempts if tried["error"]]
    if results:
        messages.error(request, f"The test of “{channel.name}” did not arrive. {results[0]}")
    else:
        messages.success(request, f"The test of “{channel.name}” arrived.")
    return redirect("alert-channels", project.pk)


@require_POST
@project_view
@requires(Role.MEMBER)
def delete_channel(request: PageRequest, project: Project, channel_id: UUID) -> HttpResponse:
    """Delete a channel."""
    channel = _channel(project, channel_id)
    channels.delete(project, channel, by=person(request))
    messages.success(request, f"The channel “{channel.name}” is deleted.")
    return redirect("alert-channels", project.pk)


@require_POST
@project_view
@requires(Role.MEMBER)
def send_delivery_again(request: PageRequest, project: Project, delivery_id: UUID) -> HttpResponse:
    """Send a message again."""
    delivery = AlertDelivery.objects.for_project(project).filter(id=delivery_id).first()
    if delivery is None:
        raise Http404("There is no such message.")
    delivering.send_again(delivery)
    record(Action.CHANNEL_TESTED, project, actor=person(request), target=f"channel {delivery.channel_id}", what="again")
    wake(DELIVERIES, project.pk)
    messages.success(request, "The message is sent again.")
    return redirect("alert-channels", project.pk)


def _channel(project: Project, channel_id: UUID) -> AlertChannel:
    channel: AlertChannel | None = AlertChannel.objects.for_project(project).filter(id=channel_id).first()
    if channel is None:
        raise Http404("There is no such channel.")
    return channel


def _deliveries(project: Project) -> list[dict[str, Any]]:
    """Return the latest messages, those that were given up first."""
    rows = AlertDelivery.objects.for_project(project)
    found = [*rows.filter(is_dead=True).order_by("-created_at")[:SHOWN_DELIVERIES]]
    found += rows.filter(is_dead=False).order_by("-created_at", "id")[: SHOWN_DELIVERIES - len(found)]
    names = dict(AlertChannel.objects.for_project(project).values_list("id", "name"))
    now = timezone.now()
    return [
        {
            "delivery": one,
            "channel": names.get(one.channel_id, "a deleted channel"),
            "last": one.attempts[-1] if one.attempts else None,
            "is_late": one.finished_at is None and one.due_at > now,
        }
        for one in found
    ]
