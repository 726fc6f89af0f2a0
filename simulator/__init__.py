"""A device made of arithmetic, behind the same bytes as the real one."""
