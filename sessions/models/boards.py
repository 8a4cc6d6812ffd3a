"""Boards: pages of tiles that people put together from measures of sessions."""

import uuid

from django.db import models
from django.http import QueryDict
from django.utils import timezone
from django.utils.http import urlencode

from projects.tenancy import TenantQuerySet

MAX_BOARD_NAME_CHARACTERS = 80
MAX_TILE_TEXT_CHARACTERS = 2000


class BoardSharing(models.TextChoices):
    """Who may do what with a board, beside its owner."""

    PRIVATE = "private", "Only you"
    READ = "read", "The project reads, you change"
    EDIT = "edit", "The project changes"


class TileChart(models.TextChoices):
    """What a tile shows."""

    NUMBER = "number", "Number"
    LINE = "line", "Line"
    BARS = "bars", "Bars"
    RANKING = "ranking", "Ranking"
    SHARES = "shares", "Shares"
    HEAT = "heat", "Heat map"
    SESSIONS = "sessions", "Sessions"
    TEXT = "text", "Text"


class Board(models.Model):
    """A board. Its query applies to every tile."""

    pk = models.CompositePrimaryKey("project_id", "id")
    project_id = models.BigIntegerField()
    id = models.UUIDField(default=uuid.uuid4)
    name = models.CharField(max_length=MAX_BOARD_NAME_CHARACTERS)
    owner_id = models.BigIntegerField(help_text="Who made it.")
    owner = models.CharField(max_length=254, help_text="Their e-mail address at the time.")
    sharing = models.CharField(max_length=8, choices=BoardSharing, default=BoardSharing.PRIVATE)
    query_string = models.TextField(blank=True, help_text="The query as the list's address has it, without a '?'.")
    updated_at = models.DateTimeField(default=timezone.now)

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "board"
        indexes = [models.Index(fields=["project_id", "name"], name="board_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def query_text(self) -> str:
        return QueryDict(self.query_string).get("q", "")

    @property
    def audited(self) -> str:
        """How the audit log names it, which keeps no names that people give."""
        return f"board {self.id}"


class BoardTile(models.Model):
    """A tile: a measure of sessions that match a query, split and drawn in some way."""

    pk = models.CompositePrimaryKey("project_id", "id")
    project_id = models.BigIntegerField()
    id = models.UUIDField(default=uuid.uuid4)
    board_id = models.UUIDField()
    place = models.IntegerField(help_text="Its place among the tiles of the board.")
    width = models.IntegerField(default=6, help_text="In twelfths of the board.")
    title = models.CharField(max_length=MAX_BOARD_NAME_CHARACTERS, blank=True, help_text="Empty: made of its choices.")
    chart = models.CharField(max_length=8, choices=TileChart)
    measure = models.TextField(blank=True, help_text="One of MEASURES, or score:<name>.")
    split = models.CharField(max_length=40, blank=True, help_text="The name of a set of sessions; empty: not split.")
    query_string = models.TextField(blank=True, help_text="Its query as the list's address has it, without a '?'.")
    span = models.CharField(max_length=8, blank=True, help_text="A range of its own; empty: that of the board.")
    text = models.TextField(blank=True, max_length=MAX_TILE_TEXT_CHARACTERS, help_text="Of a tile that is text.")

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "board_tile"
        indexes = [models.Index(fields=["project_id", "board_id", "place"], name="board_tile_place")]

    def __str__(self) -> str:
        return self.title or f"{self.measure} {self.chart}"

    @property
    def query_text(self) -> str:
        return QueryDict(self.query_string).get("q", "")


def query_string_of(text: str) -> str:
    """Return a query as boards and tiles keep it."""
    return urlencode({"q": text}) if text else ""
