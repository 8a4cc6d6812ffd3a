"""People, known by e-mail address."""

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils import timezone


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """For people that whoever runs this code vouches for: their address needs no proof."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        user.emailaddress_set.create(  # type: ignore[attr-defined]  # allauth has no types
            email=user.email, verified=True, primary=True
        )
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person, known by e-mail address."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="May use the operator's admin.")
    date_joined = models.DateTimeField(default=timezone.now)

    objects = UserManager()
    USERNAME_FIELD = "email"

    class Meta:
        db_table = "person"

    def __str__(self) -> str:
        return self.email

    @property
    def has_proven_address(self) -> bool:
        """Whether mail to the address reaches this person, or somebody vouched for it who may."""
        return bool(
            self.emailaddress_set.filter(  # type: ignore[attr-defined]  # allauth has no types
                email=self.email, verified=True
            ).exists()
        )
