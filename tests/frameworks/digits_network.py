"""The classes of a network as a user has them: in a file of their own, that no environment installs."""

from __future__ import annotations

import torch


class Block(torch.nn.Module):
    """Two layers and a way around them; the activation is a function, the widths are attributes."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = torch.nn.Linear(width, width)
        self.second = torch.nn.Linear(width, width)
        self.activation = torch.nn.functional.relu
        self.widths = (width, width)
        self.register_buffer("scale", torch.ones(1), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add what the layers say."""
        return x + self.second(self.activation(self.first(x))) * self.scale


class Network(torch.nn.Module):
    """Tells digits."""

    def __init__(self, *, width: int) -> None:
        super().__init__()
        self.start = torch.nn.Sequential(torch.nn.Linear(64, width), torch.nn.BatchNorm1d(width))
        self.block = Block(width)
        self.end = torch.nn.Linear(width, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return a score for each digit."""
        return self.end(self.block(self.start(x.flatten(1))))
