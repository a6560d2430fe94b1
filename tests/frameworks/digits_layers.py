"""A layer of the user's own, for Keras."""

from __future__ import annotations

import keras


@keras.saving.register_keras_serializable(package="digits")
class Scaled(keras.layers.Layer):
    """Multiplies by a number that it was given."""

    def __init__(self, by: float, **rest: object) -> None:
        super().__init__(**rest)
        self.by = by

    def call(self, x: object) -> object:
        """Multiply."""
        return x * self.by

    def get_config(self) -> dict[str, object]:
        """Return what the constructor takes."""
        return {**super().get_config(), "by": self.by}
