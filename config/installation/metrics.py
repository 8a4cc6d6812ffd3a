"""`/metrics`: the counts of all processes and the readings of the installation, for whoever has the token."""

import hmac

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with all metrics. Without a token in the settings, there is no such page."""
    if not settings.METRICS_TOKEN:
        raise Http404
    sent = request.headers.get("Authorization", "").encode()
    if not hmac.compare_digest(sent, f"Bearer {settings.METRICS_TOKEN}".encode()):
        answer = HttpResponse("The header must be: Authorization: Bearer CONFAB_METRICS_TOKEN\n", "text/plain", 401)
        answer["WWW-Authenticate"] = 'Bearer realm="Confab metrics"'
        return answer
    from config.installation.exposition import EXPOSITION_TYPE, exposed  # it takes memory that most never need

    return HttpResponse(exposed(), EXPOSITION_TYPE)
