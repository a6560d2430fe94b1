"""What score.py does differently for each framework: one module each."""

from modelyard.artifact.score_blocks.blocks import Blocks
from modelyard.artifact.score_blocks.registry import BLOCKS, blocks_named

__all__ = ["BLOCKS", "Blocks", "blocks_named"]
