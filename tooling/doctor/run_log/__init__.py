"""The log of a failed run, cut into passages of one caller each."""
