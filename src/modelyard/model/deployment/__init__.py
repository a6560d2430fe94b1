"""Model deployments, as the SDK sees them."""

from modelyard.model.deployment.model_deployment import ModelDeployment, Origin, Prediction

__all__ = ["ModelDeployment", "Origin", "Prediction"]
