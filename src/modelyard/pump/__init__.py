"""STREAM_ONLY deployments at work: messages are read, predicted by the deployment's workers, and answered."""
