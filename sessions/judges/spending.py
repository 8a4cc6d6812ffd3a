"""What a judge may spend in one month (UTC).

Costs are reserved before a model is asked, in one statement, so that several workers together never exceed the cap.
Afterwards, the reservation becomes the true cost."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F, Sum
from django.utils import timezone

from projects.models import Project
from sessions.models import Judge, JudgeSpending
from sessions.translation.provider import TranslationFailed
from tracing.pricing.project_prices import Prices

ZERO = Decimal(0)


class CapReached(TranslationFailed):
    """The judge has spent what it may in this month."""

    code = "cap_reached"


class PriceUnknown(TranslationFailed):
    """The judge has a cap, and nobody knows what its model costs."""

    code = "price_unknown"


@dataclass(frozen=True, slots=True)
class Reservation:
    """What was reserved for one request; `cost` is None for a model without a price."""

    judge: Judge
    month: date
    cost: Decimal | None

    def settle(self, cost: Decimal | None) -> None:
        """Put the true cost in the place of the reserved one; None keeps it, because the request may have cost it."""
        if cost is not None:
            _rows(self.judge, self.month).update(cost=F("cost") + cost - (self.cost or ZERO))


def reserve(judge: Judge, cost: Decimal | None) -> Reservation:
    """Reserve the highest cost of one request. Raises CapReached or PriceUnknown."""
    if cost is None and judge.monthly_cap is not None:
        raise PriceUnknown(
            "This judge has a monthly cap, and its model has no price. Add one in the settings under Prices, or remove"
            " the cap."
        )
    month = this_month()
    rows = _rows(judge, month)
    JudgeSpending.objects.bulk_create(
        [JudgeSpending(project_id=judge.project_id, judge_id=judge.id, month=month)], ignore_conflicts=True
    )
    if judge.monthly_cap is not None:
        rows = rows.filter(cost__lte=judge.monthly_cap - (cost or ZERO))
    if not rows.update(cost=F("cost") + (cost or ZERO), requests=F("requests") + 1):
        raise CapReached(
            f"This judge may spend ${judge.monthly_cap:,.2f} a month, which is used up. It goes on next month (UTC), or"
            " when an admin raises the cap."
        )
    return Reservation(judge, month, cost)


def spent(judge: Judge) -> Decimal:
    """Return what the judge spent in this month, in USD."""
    return _rows(judge, this_month()).aggregate(cost=Sum("cost"))["cost"] or ZERO


def spent_by_project(project: Project) -> tuple[int, Decimal]:
    """Return the requests of a project's judges in this month, and what they cost in USD."""
    rows = JudgeSpending.objects.for_project(project).filter(month=this_month())
    total = rows.aggregate(requests=Sum("requests"), cost=Sum("cost"))
    return total["requests"] or 0, total["cost"] or ZERO


def has_room(judge: Judge) -> bool:
    """Return whether anything is left of the cap."""
    return judge.monthly_cap is None or spent(judge) < judge.monthly_cap


def price_of(prices: Prices, protocol: str, model: str, input_tokens: int, output_tokens: int) -> Decimal | None:
    """Return the cost of a request in USD, or None for a model without a price."""
    price = prices.price_of(
        model,
        "anthropic" if protocol == "anthropic" else None,
        at=timezone.now(),
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_tokens=0,
        cache_write_tokens=0,
    )
    return None if price is None or price.is_guess else price.input_cost + price.output_cost


def this_month() -> date:
    """Return the first day of this month (UTC)."""
    return timezone.now().date().replace(day=1)


def _rows(judge: Judge, month: date):  # type: ignore[no-untyped-def]
    return JudgeSpending.objects.for_project(judge.project_id).filter(judge_id=judge.id, month=month)
