"""People, identified by their e-mail address."""

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone


class Theme(models.TextChoices):
    """How pages are lit."""

    SYSTEM = "", "As the system"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class Density(models.TextChoices):
    """How close the rows of lists stand, in the words of a list's layout."""

    NORMAL = "", "Comfortable"
    COMPACT = "compact", "Compact"


class Notation(models.TextChoices):
    """How dates and numbers are written. The labels are examples."""

    ENGLISH = "", "27 Nov 2026, 14:05 and 1,284.50"
    EUROPEAN = "european", "27/11/2026, 14:05 and 1.284,50"
    ISO = "iso", "2026-11-27, 14:05 and 1\N{NO-BREAK SPACE}284.50"


class NoticeKind(models.TextChoices):
    """Why somebody is told something; the labels say when."""

    MENTION = "mention", "Somebody mentions you"
    ANSWER = "answer", "Somebody replies in your thread"
    ASSIGNED = "assigned", "A session is assigned to you"
    QUEUE = "queue", "A review queue waits for you"
    ALERT = "alert", "An alert that mails you fires"


class UserManager(BaseUserManager["User"]):
    """Manager that creates people."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Create a person whose address needs no proof, because the caller vouches for it."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        user.emailaddress_set.create(  # type: ignore[attr-defined]  # allauth has no types
            email=user.email, verified=True, primary=True
        )
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Create an operator of the installation."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person, identified by e-mail address."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="May use the operator's admin.")
    date_joined = models.DateTimeField(default=timezone.now)

    # How others see them, and how they read.
    avatar_hue = models.PositiveSmallIntegerField(null=True, blank=True)
    landing = models.ForeignKey("projects.Project", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    time_zone = models.CharField(max_length=64, blank=True, db_default="", default="")
    notation = models.CharField(max_length=10, blank=True, choices=Notation, db_default="", default="")
    theme = models.CharField(max_length=10, blank=True, choices=Theme, db_default="", default="")
    density = models.CharField(max_length=10, blank=True, choices=Density, db_default="", default="")
    unmailed_kinds = ArrayField(
        models.CharField(max_length=10, choices=NoticeKind),
        blank=True,
        default=list,
        db_default=[],
        help_text="Of notices: those that are only in the inbox.",
    )

    objects = UserManager()
    USERNAME_FIELD = "email"

    class Meta:
        db_table = "person"

    def __str__(self) -> str:
        return self.email

    @property
    def shown_name(self) -> str:
        """Return the name that the person chose or, until they choose one, the address."""
        return self.name or self.email

    @property
    def has_proven_address(self) -> bool:
        """Return whether the address is proven by mail, or vouched for by somebody who may."""
        return bool(
            self.emailaddress_set.filter(  # type: ignore[attr-defined]  # allauth has no types
                email=self.email, verified=True
            ).exists()
        )
