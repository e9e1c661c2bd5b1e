"""The one way in which settings fail."""


class SettingsError(Exception):
    """A setting is unknown or invalid: the message is one line that names the setting,
    where it came from and what is allowed. It never holds the value, which may be secret."""
