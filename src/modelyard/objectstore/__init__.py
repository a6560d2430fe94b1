"""Put-once blobs by digest."""
