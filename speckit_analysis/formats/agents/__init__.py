"""Logs that agents leave on disk and results that they print: one module for each agent."""
