"""PyTorch models."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from modelyard.artifact.estimator import EstimatorFacts, describe_estimator
from modelyard.errors import MissingDependency
from modelyard.model.framework.estimator_model import EstimatorModel
from modelyard.model.framework.images import tensor_of_image
from modelyard.model.metadata_names import Framework
from modelyard.model.serde.names import PyTorchModelSerializerType

if TYPE_CHECKING:
    from modelyard.model.options import PrepareOptions
    from modelyard.model.request_data import Body


class PyTorchModel(EstimatorModel):
    """Be a PyTorch module on its way to an endpoint.

    Its tensors are saved as safetensors, and what they are the tensors of as a description: the modules are built from
    it anew, without a pickle and without a line of score.py to be written. The files of the module's classes go into
    the artifact, those of a notebook's classes too.

    Args:
        estimator: The trained ``torch.nn.Module``.
        artifact_dir: The folder for the artifact's files; by default a new one of its own.
        properties: Defaults for the arguments of the methods.
        auth: Who talks to the service; by default what the environment and the home say.
        model_save_serializer: ``torch`` unless told; ``torchscript`` needs no classes; ``torch_onnx``.
        model_input_serializer: How data is sent: ``json``.
        as_onnx: Whether prepare() converts the estimator to ONNX without being told.

    Raises:
        TypeError: The estimator is no module of PyTorch's.

    Example:
        A network that was trained on a DataFrame of flowers::

            model = PyTorchModel(network).prepare(X_sample=flowers.head())
            model.verify(torch.tensor([[5.1, 3.5, 1.4, 0.2]]))  # {'prediction': [[0.98, 0.02, 0.0]]}
    """

    model_save_serializer_type: ClassVar[type] = PyTorchModelSerializerType

    _template: ClassVar[str] = "pytorch"
    _serializers: ClassVar[tuple[str, ...]] = ("torch", "torchscript", "torch_onnx")
    _preferred: ClassVar[tuple[str, ...]] = ("torch",)
    _onnx: ClassVar[str | None] = "torch_onnx"
    _onnx_args: object = None

    def serialize_model(  # type: ignore[override] # the order is the reference's for this class
        self,
        as_onnx: bool = False,
        force_overwrite: bool = False,
        X_sample: object = None,  # noqa: N803 (the reference's)
        use_torch_script: bool | None = None,
        *,
        onnx_args: object = None,
    ) -> None:
        """Write the network alone into the artifact's folder.

        Args:
            as_onnx: Whether to convert it to ONNX.
            force_overwrite: Whether a file that is there already may be written over.
            X_sample: Some rows of input, for the conversion.
            use_torch_script: Whether to write it as TorchScript, which needs no classes.
            onnx_args: What the network is called with for the conversion, where rows of ``X_sample`` are not it.

        Raises:
            FileAlreadyExists: There is such a file already. Nothing was touched.
            ArtifactError: The network cannot be written.
        """
        self._choose(use_torch_script=use_torch_script, onnx_args=onnx_args)
        super().serialize_model(as_onnx=as_onnx, force_overwrite=force_overwrite, X_sample=X_sample)

    def _describe(self, estimator: object) -> EstimatorFacts:
        facts = describe_estimator(estimator)
        if estimator is None:
            return facts
        try:
            import torch
        except ImportError as error:
            raise MissingDependency("torch is not installed: pip install 'modelyard[pytorch]'.") from error
        if not isinstance(estimator, torch.nn.Module):
            kind = f"{type(estimator).__module__}.{type(estimator).__qualname__}"
            raise TypeError(f"A {kind} is no torch.nn.Module, which is what PyTorchModel is for.")
        return EstimatorFacts(Framework.PYTORCH, str(torch.__version__), facts.algorithm, facts.hyperparameters)

    def _preferred_for(self, estimator: object) -> tuple[str, ...]:
        is_script = hasattr(estimator, "_c") and hasattr(estimator, "code")
        return ("torchscript",) if is_script else self._preferred

    def _heed(self, options: PrepareOptions) -> None:
        self._choose(use_torch_script=options.use_torch_script, onnx_args=options.onnx_args)

    def _choose(self, *, use_torch_script: bool | None, onnx_args: object) -> None:
        if use_torch_script:
            self.set_model_save_serializer("torchscript")
        self._onnx_args = onnx_args

    def _serializer_options(self) -> dict[str, object]:
        return {"onnx_args": self._onnx_args}

    def _own_predict(self) -> Callable[[object], object] | None:
        from modelyard.artifact.torch_answers import answer_of

        return lambda sample: answer_of(self.estimator, sample)

    def _body(self, data: object, *, auto_serialize_data: bool, content_type: str | None, image: object) -> Body:
        if image is not None:
            data, image = tensor_of_image(image), None
        return super()._body(data, auto_serialize_data=auto_serialize_data, content_type=content_type, image=image)
