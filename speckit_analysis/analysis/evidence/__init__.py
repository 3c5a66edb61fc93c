"""How far the evidence can be trusted: the report ``evidence``."""
