"""The artifact toolkit: everything that is known about a model artifact without a server or a network."""
