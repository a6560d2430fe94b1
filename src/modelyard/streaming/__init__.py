"""Streams: messages in partitions, in the order in which they came, for as long as their stream keeps them."""
