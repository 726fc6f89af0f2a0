"""Does a device do what docs/reference/protocol.md says? One question a case, over its port."""
