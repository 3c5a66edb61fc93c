"""Frames in, matplotlib Figures out; one module per question, one look for all."""
