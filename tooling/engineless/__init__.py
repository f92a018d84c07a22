"""Runs the program without an engine: recording, offline answers, live application."""
