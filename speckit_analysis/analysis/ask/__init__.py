"""Questions asked on the command line: ``telemetry`` and ``compare``."""
