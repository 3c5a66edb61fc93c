"""Inference at few SPECs: it knows units, reviewers and scores, and nothing of evidence."""
