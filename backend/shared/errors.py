"""The one error type that crosses rooms: a stable code for programs, plain words for people."""


class AlisaError(Exception):
    """Something went wrong that the user should read about.

    Attributes:
        code: Stable, kebab-case, for programs ("settings-unknown-key").
        message: Plain words with the fix, for people. Never a path of the machine to a client,
            never a stack trace.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message
