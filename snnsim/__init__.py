"""Describe, compile and simulate spiking networks, and drive boards that run them."""
