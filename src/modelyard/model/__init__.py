"""The SDK: from a trained model to an endpoint, by the names of the reference."""
