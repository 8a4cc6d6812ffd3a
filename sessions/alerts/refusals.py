"""Why an alert or a channel cannot be as somebody asked."""


class AlertRefused(ValueError):
    """An alert or a channel cannot be made or changed like this. The message tells people why.

    `field` is the name of what has to be given differently, if it is one thing."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field
