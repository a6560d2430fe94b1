"""AutoMLModel, which the reference still names and no longer has."""

from __future__ import annotations

from modelyard.model.failures import DeprecatedModelError
from modelyard.model.generic_model import FrameworkSpecificModel


class AutoMLModel(FrameworkSpecificModel):
    """Be a name that old code still imports.

    Raises:
        NotImplementedError: Always: what AutoML trained is saved with GenericModel.
    """

    def __init__(self, *_: object, **__: object) -> None:
        raise DeprecatedModelError(
            "AutoMLModel is deprecated, in the reference too: pass what AutoML trained to GenericModel, or to the "
            "class of its framework."
        )
