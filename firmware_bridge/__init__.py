"""Bytes to messages and back: framing, codec, port and link. No physics, no policy."""
