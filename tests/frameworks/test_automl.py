"""AutoMLModel is a name that says where to go."""

from __future__ import annotations

import pytest

from modelyard.model.framework.automl_model import AutoMLModel

pytestmark = pytest.mark.frameworks


def test_automl_says_that_it_is_deprecated() -> None:
    with pytest.raises(NotImplementedError, match="GenericModel"):
        AutoMLModel(object(), artifact_dir="somewhere")
