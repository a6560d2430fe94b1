"""Models of other frameworks as ONNX: what they take, how they are converted, and how close their answers are."""
